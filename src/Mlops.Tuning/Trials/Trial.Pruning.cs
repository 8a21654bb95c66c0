using System.Diagnostics;

namespace Mlops.Tuning;

public sealed partial class Trial
{
    /// <summary>The most bytes of a checkpoint: 16 MiB. Larger ones belong into a file, whose name is the checkpoint.</summary>
    public const int MaximumCheckpointBytes = 16 << 20;

    /// <summary>The report with the largest step, those before a pause or of a lost attempt included as far as they were stored; null without one.</summary>
    public TrialReport? LastReport
    {
        get
        {
            lock (_gate)
            {
                return _lastReport;
            }
        }
    }

    /// <summary>
    /// What the study's pruner says to the last report, once per report; <see cref="PruningVerdict.Continue"/> without a pruner or a report. An attempt after a lost one is
    /// judged by the steps that it reports itself and those that its checkpoint covers, of which the last is judged again, as nobody knows whether the lost attempt came to it.
    /// Who ends the trial by it tells the study: <see cref="Study.PruneAsync"/>, <see cref="Study.PauseAsync"/>, or in an objective <see cref="ThrowIfPruned"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The trial has finished.</exception>
    public PruningVerdict Judge()
    {
        lock (_gate)
        {
            RequireRunning("Judging");
            if (_study.Pruning is { } pruning && _reached is { } last && last.Step > _judgedStep)
            {
                _verdict = pruning.Judge(Number, _claim.Epoch, _judgedStep);
                (_judgedBefore, _judgedStep) = (_judgedStep, last.Step);
            }

            return _verdict;
        }
    }

    /// <summary>Whether the pruner would end the trial here, for good or for now; see <see cref="Judge"/>.</summary>
    /// <exception cref="InvalidOperationException">The trial has finished.</exception>
    public bool ShouldPrune() => Judge() != PruningVerdict.Continue;

    /// <summary>The place where an objective may end early.</summary>
    /// <exception cref="TrialPrunedException">The pruner ends the trial.</exception>
    /// <exception cref="TrialPausedException">The pruner pauses the trial; save a checkpoint before, where <see cref="Judge"/> says so.</exception>
    /// <exception cref="OperationCanceledException">The study is being cancelled or the trial was lost: nothing that follows would count.</exception>
    public void ThrowIfPruned()
    {
        Stop.ThrowIfCancellationRequested();
        Lost.ThrowIfCancellationRequested();
        switch (Judge())
        {
            case PruningVerdict.Prune:
                throw new TrialPrunedException();
            case PruningVerdict.Pause:
                throw new TrialPausedException();
        }
    }

    /// <summary>
    /// Stores what the objective needs to go on after a step, in place of an earlier checkpoint, together with what has been reported before: both are there after
    /// a pause and when another process takes the trial over. It is gone once the trial has finished. Save it after <see cref="Judge"/>, so that no attempt goes on from a
    /// step at which the trial was to end.
    /// </summary>
    /// <param name="step">The last step that it covers; 0 or more.</param>
    /// <param name="data">Up to <see cref="MaximumCheckpointBytes"/>.</param>
    /// <param name="cancellationToken">Cancels the write while it waits.</param>
    /// <exception cref="ArgumentException">There are more bytes than allowed, or the step is negative.</exception>
    /// <exception cref="TrialLostException">The trial was taken over; nothing was written.</exception>
    /// <exception cref="InvalidOperationException">The trial has finished.</exception>
    public async Task SaveCheckpointAsync(int step, ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (data.Length > MaximumCheckpointBytes)
        {
            throw new ArgumentException($"A checkpoint has at most {MaximumCheckpointBytes} bytes, got {data.Length}; store it elsewhere and its name here.", nameof(data));
        }

        byte[] stored = data.ToArray();
        TrialUpdate update = await TakeUpdateAsync("Saving a checkpoint").ConfigureAwait(false);
        long sent = Stopwatch.GetTimestamp();
        bool? held = null;
        try
        {
            _mayHaveCheckpoint = true;
            held = await _study.SaveCheckpointAsync(update, step, stored, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            EndUpdate(update, held, sent);
        }

        if (held is false)
        {
            throw new TrialLostException(_study.Name, Number, Attempt);
        }
    }

    /// <summary>The last checkpoint of the trial, saved before a pause or by a lost attempt; null when it begins from nothing.</summary>
    public Task<TrialCheckpoint?> FindCheckpointAsync(CancellationToken cancellationToken = default) =>
        _mayHaveCheckpoint ? _study.FindCheckpointAsync(this, cancellationToken) : Task.FromResult<TrialCheckpoint?>(null);
}
