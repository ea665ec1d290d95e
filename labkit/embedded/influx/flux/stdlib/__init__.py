"""The standard library of Flux: each module registers its functions when it is imported (`registry.load`)."""

loaded = False
