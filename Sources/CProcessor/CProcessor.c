#include "CProcessor.h"

#include <sys/prctl.h>

void processor_name_this_thread(const char *name) { prctl(PR_SET_NAME, name); }
