/*
 * What jazzer.js's prebuilt fuzzer wants of glibc 2.38 and libstdc++ 13, for systems that have older ones (Debian 12):
 * two functions that C23 has renamed, and the start of the streams, which <iostream> does here by itself.
 * Built and loaded by old-glibc.mjs.
 */
#include <cstdlib>
#include <iostream>

extern "C" {
long __isoc23_strtol(const char *text, char **end, int base) { return std::strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return std::strtoul(text, end, base); }
void _ZSt21ios_base_library_initv() {}
}
