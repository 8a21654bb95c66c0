using System.Diagnostics;

namespace Mlops.Tracking;

/// <summary>The loop that writes what the buffer has taken.</summary>
internal sealed partial class RunWriter
{
    private void WriteSoon()
    {
        if (_isWriting || _timerIsSet)
        {
            return;
        }

        if (_pending.Count >= _environment.Options.BufferCapacity / 4)
        {
            WriteNow();
            return;
        }

        _timerIsSet = true;
        _timer.Change(_environment.Options.FlushInterval, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerIsSet = false;
            WriteNow();
        }
    }

    private void WriteNow()
    {
        if (_isWriting || !_pending.HasWork)
        {
            return;
        }

        _isWriting = true;
        PendingItems first = TakePending();
        _writing = first.Written;
        _ = Task.Run(() => WriteLoopAsync(first));
    }

    private PendingItems TakePending()
    {
        PendingItems taken = _pending;
        _pending = new PendingItems();
        while (_waiters.TryDequeue(out TaskCompletionSource? waiter))
        {
            waiter.TrySetResult();
        }

        return taken;
    }

    private async Task WriteLoopAsync(PendingItems items)
    {
        while (true)
        {
            await WriteOneAsync(items).ConfigureAwait(false);
            lock (_gate)
            {
                if (!_pending.IsAwaited && _pending.End is null && _pending.Count < _environment.Options.BufferCapacity / 4)
                {
                    _isWriting = false;
                    if (_pending.HasWork)
                    {
                        WriteSoon();
                    }

                    return;
                }

                if (!_pending.HasWork)
                {
                    // Awaited, and nothing to write.
                    _pending.IsAwaited = false;
                    _isWriting = false;
                    return;
                }

                items = TakePending();
                _writing = items.Written;
            }
        }
    }

    private async Task WriteOneAsync(PendingItems items)
    {
        long started = Stopwatch.GetTimestamp();
        long dropped;
        lock (_gate)
        {
            dropped = _dropped;
        }

        try
        {
            AppendOutcome outcome = await _appender.StoreAsync(items, dropped).ConfigureAwait(false);
            _isFailing = false;
            _environment.Telemetry.Flushed(items.Points.Count, Stopwatch.GetElapsedTime(started));
            if (outcome.Conflict is { } conflict)
            {
                Remember(conflict);
                foreach (ParameterConflict refused in conflict.Conflicts)
                {
                    _environment.Logger.ParameterRefused(refused.Key, _runId);
                }
            }

            _unpackedBlocks = outcome.UnpackedBlocks ?? _unpackedBlocks;
            if (outcome.PackingIsDue)
            {
                _packing = PackAsync();
            }

            items.Complete();
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _dropped += items.Count;
            }

            Remember(exception);
            _environment.Telemetry.Dropped(items.Count);
            if (!_isFailing)
            {
                _isFailing = true;
                _environment.Logger.WriteFailed(_runId, items.Count, StoreFailure.Describe(exception));
            }

            items.Fail(exception);
        }
    }

    private Task PackAsync() => _environment.Database!.Packings.PackAsync(_run, _runId);

    private void Remember(Exception exception)
    {
        lock (_gate)
        {
            // A refused parameter must not hide that something is lost.
            _failure = _failure is null or ParameterConflictException ? exception : _failure;
        }
    }
}
