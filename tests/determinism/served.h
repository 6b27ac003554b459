/*
 * The machine run as the program runs it: by its event loop, with the stub listening, so that a real client stops, steps and resumes
 * it when it likes. Samples are taken inside the loop's own cpu_run(), which the linker replaces (--wrap).
 */
#ifndef TESTS_DETERMINISM_SERVED_H
#define TESTS_DETERMINISM_SERVED_H

#include "tests/determinism/sample.h"

/* Serves at options.serve until the run is over. False after an error line. */
bool served_run(struct sample *sample);

#endif
