using System.Globalization;

namespace Mlops.Tuning;

/// <summary>
/// The trial was taken over after its lease had run out, so nothing was written: what its earlier holder computed is discarded,
/// and the trial finishes once, by its present holder.
/// </summary>
public sealed class TrialLostException : TuningException
{
    internal TrialLostException(string study, int number, int attempt)
        : base(string.Create(CultureInfo.InvariantCulture,
            $"Trial {number} of study '{study}', attempt {attempt}, was taken over after its lease had run out; nothing was written. Ask for another trial. If the holder was alive, lengthen LeaseDuration."))
    {
        Number = number;
        Attempt = attempt;
    }

    /// <summary>The trial's number.</summary>
    public int Number { get; }

    /// <summary>The attempt that was lost.</summary>
    public int Attempt { get; }
}
