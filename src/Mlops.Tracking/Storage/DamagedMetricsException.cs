using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What is stored of a run's metrics cannot be read. That is the run's matter alone: batches of others are not to wait for it.</summary>
internal sealed class DamagedMetricsException(string seen)
    : StorageException($"Reading stored metrics: {seen}. The database file is damaged; restore it from a backup.");
