// The guard of this file must not be CBLAS_H: that name is OpenBLAS' own.
#include <cblas.h>
