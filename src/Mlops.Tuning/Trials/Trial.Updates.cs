using System.Diagnostics;

namespace Mlops.Tuning;

public sealed partial class Trial
{
    /// <summary>Whether a renewal is due, or there is something to store; then the update to write.</summary>
    internal TrialUpdate? BeginUpdate()
    {
        lock (_gate)
        {
            bool due = _unsaved.Count > 0 || _parametersChanged || Stopwatch.GetElapsedTime(_renewed) >= _lease / 3;
            if (!due || _settled || _saving is not null)
            {
                return null;
            }

            // First, as whoever tells the trial waits for a saving that has begun.
            TrialUpdate update = ToUpdate();
            _saving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _parametersChanged = false;
            return update;
        }
    }

    /// <summary>An update of everything not stored yet, for a write of its own that ends with <see cref="EndUpdate"/>; waits for one under way.</summary>
    private async Task<TrialUpdate> TakeUpdateAsync(string action)
    {
        while (true)
        {
            Task underWay;
            lock (_gate)
            {
                RequireRunning(action);
                if (_saving is null)
                {
                    if (_settled)
                    {
                        throw Lost.IsCancellationRequested
                            ? new TrialLostException(_study.Name, Number, Attempt)
                            : new InvalidOperationException($"{action}: trial {Number} of study '{_study.Name}' is being told its outcome.");
                    }

                    _saving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    _parametersChanged = false;
                    return ToUpdate();
                }

                underWay = _saving.Task;
            }

            await underWay.ConfigureAwait(false);
        }
    }

    /// <summary>Everything not stored yet.</summary>
    internal TrialUpdate ToUpdate()
    {
        lock (_gate)
        {
            return new TrialUpdate(_claim.Id, _claim.Epoch, WriteRunningParameters(), PackUnsaved(), _lastReport) { ReportCount = _unsaved.Count };
        }
    }

    /// <summary>The update was written (true), refused because the trial is another's now (false), or failed (null).</summary>
    internal void EndUpdate(TrialUpdate update, bool? held, long sent)
    {
        lock (_gate)
        {
            _saving!.SetResult();
            _saving = null;
            if (held is null)
            {
                _parametersChanged = true;
                return;
            }

            if (held is true)
            {
                _renewed = sent;
                FenceAfter(sent);
                _unsaved.RemoveRange(0, update.ReportCount);
                return;
            }
        }

        MarkLost();
    }
}
