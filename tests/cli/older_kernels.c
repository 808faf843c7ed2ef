/* Loaded before OpenBLAS: makes it look as if it did not know this processor. */
char* openblas_get_corename(void);

char* openblas_get_corename(void) {
  static char oldest[] = "Prescott";
  return oldest;
}
