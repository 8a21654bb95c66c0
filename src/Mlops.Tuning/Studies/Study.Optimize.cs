namespace Mlops.Tuning;

public sealed partial class Study
{
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestLagPoll = TimeSpan.FromMilliseconds(160);

    /// <summary>
    /// Runs trials until the study has <see cref="OptimizeOptions.TotalTrials"/> finished ones, the time budget is spent or the search has converged. Trials that a
    /// lost process has left behind are taken over first, paused ones that are promising by now go on; trials of other live processes are waited for. Trials that are
    /// still paused at the end do not count as finished: they stay until a later call with more trials finds them promising. The call returns once every objective that it began
    /// has returned, also one that is deaf to its token, whether the search was cancelled or the trial has failed by <see cref="OptimizeOptions.TrialTimeout"/>: nothing of the objective runs behind
    /// the caller's back. Who cannot wait for it calls <see cref="Task.WaitAsync(CancellationToken)"/> on what is returned.
    /// </summary>
    /// <param name="objective">
    /// Asks the trial for its parameters and returns the value. If it throws, returns NaN or an infinite value, the trial fails with the
    /// reason and the study goes on. The token fires on cancellation, when the trial was lost, and after <see cref="OptimizeOptions.TrialTimeout"/>.
    /// </param>
    /// <param name="options">When to stop, how much to run at once.</param>
    /// <param name="cancellationToken">Ends the search; running trials are given back, so that the next call or another process takes them over, and observers are not waited for.</param>
    /// <returns>Where the study stands.</returns>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    /// <exception cref="Storage.StorageException">The database failed for longer than <see cref="TuningOptions.RetryDuration"/>; everything told before is stored.</exception>
    public Task<StudyProgress> OptimizeAsync(
        Func<Trial, CancellationToken, Task<double>> objective, OptimizeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        if (Directions.Count != 1)
        {
            throw new InvalidOperationException($"Study '{Name}' has {Directions.Count} objectives: return an array with one value each.");
        }

        return OptimizeAsync(async (trial, token) => [await objective(trial, token).ConfigureAwait(false)], options, cancellationToken);
    }

    /// <summary>The same for an objective that computes without waiting for anything; it runs on a thread of the pool.</summary>
    /// <param name="objective">Asks the trial for its parameters and returns the value. <see cref="Trial.ThrowIfPruned"/> also ends it when the search is cancelled.</param>
    /// <param name="options">When to stop, how much to run at once.</param>
    /// <param name="cancellationToken">Ends the search once the running objectives have returned.</param>
    public Task<StudyProgress> OptimizeAsync(Func<Trial, double> objective, OptimizeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return OptimizeAsync((trial, _) => Task.FromResult(objective(trial)), options, cancellationToken);
    }

    /// <summary>The same for several objectives; the objective returns one value per direction.</summary>
    /// <param name="objective">Asks the trial for its parameters and returns the values.</param>
    /// <param name="options">When to stop, how much to run at once.</param>
    /// <param name="cancellationToken">Ends the search; running trials are given back.</param>
    public Task<StudyProgress> OptimizeAsync(
        Func<Trial, CancellationToken, Task<double[]>> objective, OptimizeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(Directions.Count, nameof(options));
        return RunAsync(objective, options, cancellationToken);
    }

    private async Task<StudyProgress> RunAsync(
        Func<Trial, CancellationToken, Task<double[]>> objective, OptimizeOptions options, CancellationToken cancellationToken)
    {
        await _studies.Dispatcher.RedeliverAsync(Row, cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var run = new OptimizeRun(objective, options, new ProgressTally(Row, options), new Convergence(Directions[0], options.ConvergenceTrials, options.ConvergenceTolerance), stop, _studies.Time.GetTimestamp());
        await RecountAsync(run.Tally, cancellationToken).ConfigureAwait(false);
        await LookBackAsync(run.Convergence, cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, options.Parallelism).Select(_ => Task.Run(() => WorkAsync(run), CancellationToken.None))).ConfigureAwait(false);
        }
        finally
        {
            if (run.HasExhausted)
            {
                await _studies.Dispatcher.RedeliverAsync(Row, CancellationToken.None).ConfigureAwait(false);
            }

            await _studies.Dispatcher.DrainAsync(cancellationToken).ConfigureAwait(false);
        }

        await RecountAsync(run.Tally, cancellationToken).ConfigureAwait(false);
        return run.Tally.Current with { HasConverged = run.Convergence.HasConverged };
    }

    private async Task LookBackAsync(Convergence convergence, CancellationToken cancellationToken)
    {
        if (!convergence.IsWatching)
        {
            return;
        }

        List<TrialRecord> finished = [];
        await foreach (TrialRecord trial in GetTrialsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (trial.FinishSequence > 0)
            {
                finished.Add(trial);
            }
        }

        finished.Sort(static (a, b) => a.FinishSequence.CompareTo(b.FinishSequence));
        finished.ForEach(convergence.Observe);
    }

    private async Task RecountAsync(ProgressTally tally, CancellationToken cancellationToken)
    {
        StudyCounts counts = await _studies.Retry.RunAsync(() => _studies.Store.CountAsync(Row, cancellationToken), cancellationToken).ConfigureAwait(false);
        TrialRecord? best = Directions.Count == 1
            ? await _studies.Retry.RunAsync(() => _studies.Store.FindBestAsync(Row, cancellationToken), cancellationToken).ConfigureAwait(false)
            : null;
        tally.Reset(counts, best);
    }

    private async Task WorkAsync(OptimizeRun run)
    {
        TimeSpan poll = ShortestPoll;
        try
        {
            while (!IsTimeUp(run) && !run.Convergence.HasConverged)
            {
                run.Stop.Token.ThrowIfCancellationRequested();
                Task ended = _ended.Task;
                (Trial? trial, AskOutcome asked) =
                    await BeginAsync(run.Options.TotalTrials ?? int.MaxValue, key: null, run.Stop.Token).ConfigureAwait(false);
                run.HasExhausted |= asked.Exhausted > 0;
                if (trial is not null)
                {
                    run.Enter();
                    await EvaluateAsync(run, trial).ConfigureAwait(false);
                    run.Leave();
                    poll = ShortestPoll;
                }
                else if (asked.IsBlocked)
                {
                    poll = await OutwaitAsync(ended, poll, run.Stop.Token).ConfigureAwait(false);
                }
                else if (asked.Running <= run.Running)
                {
                    // All that is left runs here; whoever finishes last looks again.
                    return;
                }
                else
                {
                    await Task.Delay(poll, run.Stop.Token).ConfigureAwait(false);
                    poll = TimeSpan.FromTicks(Math.Min(poll.Ticks * 2, LongestPoll.Ticks));
                }
            }
        }
        catch
        {
            // One worker's failure ends the others; they give their trials back.
            await run.Stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until a trial of this process ends, or for a while, as what is waited for may run in another; how long to wait the next time.</summary>
    private static async Task<TimeSpan> OutwaitAsync(Task ended, TimeSpan poll, CancellationToken cancellationToken)
    {
        await ended.WaitAsync(poll, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return ended.IsCompleted ? ShortestPoll : TimeSpan.FromTicks(Math.Min(poll.Ticks * 2, LongestLagPoll.Ticks));
    }

    /// <summary>Wakes those who wait for a trial of this process to end.</summary>
    private void SignalEnd() => Interlocked.Exchange(ref _ended, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsTimeUp(OptimizeRun run) =>
        run.Options.TimeBudget is { } budget && _studies.Time.GetElapsedTime(run.Begun) >= budget;

    private sealed class OptimizeRun(
        Func<Trial, CancellationToken, Task<double[]>> objective,
        OptimizeOptions options,
        ProgressTally tally,
        Convergence convergence,
        CancellationTokenSource stop,
        long begun)
    {
        private int _running;

        public Func<Trial, CancellationToken, Task<double[]>> Objective { get; } = objective;

        public OptimizeOptions Options { get; } = options;

        public ProgressTally Tally { get; } = tally;

        public Convergence Convergence { get; } = convergence;

        public CancellationTokenSource Stop { get; } = stop;

        public long Begun { get; } = begun;

        public bool HasExhausted { get; set; }

        /// <summary>How many trials this call evaluates at the moment.</summary>
        public int Running => Volatile.Read(ref _running);

        public void Enter() => Interlocked.Increment(ref _running);

        public void Leave() => Interlocked.Decrement(ref _running);
    }
}
