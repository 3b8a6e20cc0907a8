/// The version that `--version`, `/info` and `softmoe_build_info` tell.
let softmoeVersion = "0.1.0"
