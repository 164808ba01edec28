"""Values to hardware and back, behind one contract."""
