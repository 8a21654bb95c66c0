namespace Mlops.Tuning;

/// <summary>
/// Ends a trial whose objective takes longer than it may, whether it looks at its token or not, and even if it blocks its thread. Either the objective or
/// the time decides, never both.
/// </summary>
internal sealed class TrialTimeout : IDisposable
{
    private const int Open = 0;
    private const int Returned = 1;
    private const int Over = 2;

    private readonly Func<Task> _end;
    private readonly CancellationTokenSource? _limit;
    private readonly CancellationTokenRegistration _registration;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _decided;

    /// <param name="time">How long the objective may take; null for no limit.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="end">Ends the trial.</param>
    public TrialTimeout(TimeSpan? time, TimeProvider clock, Func<Task> end)
    {
        _end = end;
        if (time is { } duration)
        {
            _limit = new CancellationTokenSource(duration, clock);
            _registration = _limit.Token.UnsafeRegister(static state => _ = Task.Run(((TrialTimeout)state!).EndAsync), this);
        }
    }

    /// <summary>Fires when the time is over.</summary>
    public CancellationToken Token => _limit?.Token ?? CancellationToken.None;

    /// <summary>The objective has returned: false, once the trial has been ended, when the time was over before.</summary>
    /// <exception cref="TrialLostException">The trial was taken over before its time was over.</exception>
    public async Task<bool> ReturnAsync()
    {
        if (!Token.IsCancellationRequested && Interlocked.CompareExchange(ref _decided, Returned, Open) == Open)
        {
            return true;
        }

        await _ended.Task.ConfigureAwait(false);
        return false;
    }

    public void Dispose()
    {
        _registration.Dispose();
        _limit?.Dispose();
    }

    private async Task EndAsync()
    {
        if (Interlocked.CompareExchange(ref _decided, Over, Open) != Open)
        {
            return;
        }

        try
        {
            await _end().ConfigureAwait(false);
            _ended.SetResult();
        }
        catch (Exception exception)
        {
            _ended.SetException(exception);
        }
    }
}
