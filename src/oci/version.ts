/** The version of the OCI runtime specification that noci implements; what `state`, hooks, `spec`, `features` and `--version` say. */
export const ociVersion = '1.3.0';
