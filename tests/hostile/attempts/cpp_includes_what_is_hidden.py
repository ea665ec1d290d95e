# tries = "%%cpp cells that include /etc/passwd, hidden cases, a file outside and the judge's files, so that messages show them"
# lab = "93"
# neighbour = "91"
# keeps = ["93.1"]
# %% ex-93-2
%%cpp status.cpp
#include "status.hpp"
#include "/etc/passwd"
#include "/etc/shadow"
#include "{{COURSE}}/grader/hidden/lab93.py"
#include "{{COURSE}}/solutions/93-target-cpp/93-target-cpp.py"
#include "../../../../../../../../../../{{CANARY}}"
#include "/proc/1/environ"
#include "/proc/self/environ"
#include "/run/kernel.json"
# %% last
%%cpp test_hidden.cpp
#include "{{CANARY}}"
#include "{{COURSE}}/grader/hidden/lab93.py"
# %% last
%%cpp ../../hostile.cpp
int main() {}
# %% last
%%cpp assembled.cpp
asm(".incbin \"{{CANARY}}\"");
int main() {}
