enum DiskQueueTestingPlaceholder {}
