namespace Mlops.Statistics;

/// <summary>
/// Watches one stream of numbers for a change of level. One convention for all: errors are 1 and hits 0, larger is worse.
/// No update allocates, but for <see cref="Focus"/> when its few corners outgrow their array. Not thread-safe.
/// </summary>
public interface IChangeDetector
{
    /// <summary>Values seen since the last change or reset.</summary>
    long Count { get; }

    /// <summary>
    /// Takes the next value. NaN and infinities are ignored and answer <see cref="ChangeSignal.None"/>, but for detectors with declared limits, which
    /// take an infinity as the limit and count it; detectors of errors take what lies outside 0 to 1 as the nearer end. After
    /// <see cref="ChangeSignal.Change"/> the next value starts a new series.
    /// </summary>
    ChangeSignal Update(double value);

    /// <summary>Forgets everything seen.</summary>
    void Reset();

    /// <summary>Everything needed to resume exactly, in a versioned binary form.</summary>
    byte[] SaveState();

    /// <summary>Resumes what <see cref="SaveState"/> of a detector with equal settings returned.</summary>
    /// <exception cref="FormatException">
    /// The bytes belong to another detector, other settings or an unknown version, or are damaged. The detector is then as it was.
    /// </exception>
    void RestoreState(ReadOnlySpan<byte> state);
}
