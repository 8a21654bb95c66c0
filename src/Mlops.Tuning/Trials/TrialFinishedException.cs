using System.Globalization;

namespace Mlops.Tuning;

/// <summary>The trial was told before, with another outcome. Telling the same outcome again does nothing.</summary>
public sealed class TrialFinishedException : TuningException
{
    internal TrialFinishedException(string study, int number, TrialState state, double? value)
        : base(string.Create(CultureInfo.InvariantCulture,
            $"Trial {number} of study '{study}' has already finished as {state}{(value is null ? "" : $" with {value}")}; a trial is told once."))
    {
        Number = number;
        State = state;
    }

    /// <summary>The trial's number.</summary>
    public int Number { get; }

    /// <summary>The state it has.</summary>
    public TrialState State { get; }
}
