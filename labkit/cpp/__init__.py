"""C++ in a notebook: the compiler and its messages in plain words, programs and what stopped them, the workshop."""
