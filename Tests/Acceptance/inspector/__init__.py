"""What nsq-inspect tells of a store, changes in it and refuses: one file for each idea; `table` names them all."""
