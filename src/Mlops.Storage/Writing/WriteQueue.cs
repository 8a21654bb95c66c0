using System.Diagnostics.CodeAnalysis;

namespace Mlops.Storage;

/// <summary>
/// The bounded queue before the writer threads. Urgent items (lease renewals) overtake the others and are not bounded,
/// since their number is that of the leases held.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing, and callers may still wait for it when the database closes.")]
internal sealed class WriteQueue(int capacity)
{
    private readonly object _gate = new();
    private readonly Queue<WriteItem> _urgent = new();
    private readonly Queue<WriteItem> _normal = new();
    private readonly SemaphoreSlim _slots = new(capacity, capacity);
    private bool _closed;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _urgent.Count + _normal.Count;
            }
        }
    }

    public async ValueTask EnqueueAsync(WriteItem item, bool urgent, CancellationToken cancellationToken)
    {
        if (!urgent)
        {
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        lock (_gate)
        {
            if (!_closed)
            {
                (urgent ? _urgent : _normal).Enqueue(item);
                Monitor.Pulse(_gate);
                return;
            }
        }

        if (!urgent)
        {
            // Each caller that still waits for a slot learns it from the one before.
            _slots.Release();
        }

        throw new ObjectDisposedException(nameof(Database), "The database is closed; no more writes are taken.");
    }

    /// <summary>Blocks until an item is there; null when the queue is closed and empty.</summary>
    public WriteItem? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (TryDequeue(Durability.Power, out WriteItem? item))
                {
                    return item;
                }

                if (_closed)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Takes the next item if a group of this level may hold it.</summary>
    public bool TryTake(Durability level, [NotNullWhen(true)] out WriteItem? item)
    {
        lock (_gate)
        {
            return TryDequeue(level, out item);
        }
    }

    /// <summary>Takes the next urgent item, whatever its level.</summary>
    public bool TryTakeUrgent([NotNullWhen(true)] out WriteItem? item)
    {
        lock (_gate)
        {
            item = null;
            return _urgent.Count > 0 && TryDequeue(Durability.Power, out item);
        }
    }

    /// <summary>Refuses further items; those already queued are still handed out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private bool TryDequeue(Durability level, [NotNullWhen(true)] out WriteItem? item)
    {
        while (true)
        {
            Queue<WriteItem> queue = _urgent.Count > 0 ? _urgent : _normal;
            if (!queue.TryPeek(out item) || item.Durability > level)
            {
                item = null;
                return false;
            }

            queue.Dequeue();
            if (ReferenceEquals(queue, _normal))
            {
                _slots.Release();
            }

            if (item.TryTake())
            {
                return true;
            }
        }
    }
}
