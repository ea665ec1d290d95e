"""The Flux language: parser, checker, interpreter and standard library."""
