# tries = "sources that never compile to an end: templates without end, a file that includes itself, /dev/zero, macros that double"
# lab = "93"
# neighbour = "91"
# keeps = ["93.1"]
# incidents = ["time", "memory", "kernel death", "cpu", "disk", ""]
# %% ex-93-2
%%cpp status.cpp
#include "status.hpp"
template <int N> struct Bomb { typedef typename Bomb<N + 1>::type left; typedef typename Bomb<N + 2>::type type; };
Bomb<0>::type bomb;
# %% last
%%cpp itself.cpp
#include "itself.cpp"
#include "itself.cpp"
int main() {}
# %% last
%%cpp zero.cpp
#include "/dev/zero"
int main() {}
# %% last
%%cpp doubling.cpp
#define A "hostile", "hostile", "hostile", "hostile", "hostile", "hostile", "hostile", "hostile", "hostile", "hostile",
#define B A A A A A A A A A A
#define C B B B B B B B B B B
#define D C C C C C C C C C C
#define E D D D D D D D D D D
#define F E E E E E E E E E E
const char* many[] = {F F F F F F F F F F};
int main() {}
# %% last
%%cpp large.cpp
char large[1L << 33] = {1};
int main() { return large[7]; }
