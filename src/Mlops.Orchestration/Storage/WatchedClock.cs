using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>The clock of due times and the log, which notices when it is set back. Thread-safe.</summary>
internal sealed class WatchedClock(ILeaseClock clock) : ILeaseClock
{
    /// <summary>What is due so much later than it was is not worth a word, and readings of several connections cross.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _latest;
    private long _seen;

    public long Read(SqlSession session)
    {
        long now = clock.Read(session);
        lock (_gate)
        {
            if (now > _latest)
            {
                _latest = now;
                _seen = Stopwatch.GetTimestamp();
            }
        }

        return now;
    }

    /// <summary>What the clock would show by now if it had not been set back; null when it was not.</summary>
    public long? FindSetBack(long now)
    {
        lock (_gate)
        {
            return now < _latest - UnixMicroseconds.From(Tolerance) ? _latest + UnixMicroseconds.From(Stopwatch.GetElapsedTime(_seen)) : null;
        }
    }

    /// <summary>Goes on from the clock as it is now.</summary>
    public void Accept(long now)
    {
        lock (_gate)
        {
            (_latest, _seen) = (now, Stopwatch.GetTimestamp());
        }
    }
}
