"""Find the Higgs boson among top-quark pairs."""
