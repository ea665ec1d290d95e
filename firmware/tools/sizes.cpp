// The memory of one node, for `make size`.

#include <cstdio>

#include "node.hpp"

int main() {
  std::printf("%zu %d\n", sizeof(node::Node), NODE_BUFFERED_READINGS);
  return 0;
}
