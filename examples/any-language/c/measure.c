/* Reads numbers, one a line, and prints how many there are, their mean and their deviation (Welford's method). */
#include <math.h>
#include <stdio.h>

int main(void) {
  double value, mean = 0, squares = 0;
  long count = 0;
  while (scanf("%lf", &value) == 1) {
    double before = value - mean;
    count++;
    mean += before / count;
    squares += before * (value - mean);
  }
  if (count < 2) {
    fprintf(stderr, "measure: there are %ld numbers, and two are needed\n", count);
    return 1;
  }
  printf("%ld %.6f %.6f\n", count, mean, sqrt(squares / (count - 1)));
  return 0;
}
