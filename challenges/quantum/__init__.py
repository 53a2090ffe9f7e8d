"""Flag gluon jets with a model that has seen quark jets alone."""
