"""What the project does with itself: releases, attested steps of continuous integration, independent verifiers."""
