"""What things cost, as a table and as JSON: `make bench`. Nothing here is asserted; figures are read."""
