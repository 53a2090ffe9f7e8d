"""Find the disks that hide planets in their gaps, rings and spiral wakes."""
