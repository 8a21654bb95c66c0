namespace Mlops.Orchestration.Testing;

/// <summary>How a run came out.</summary>
/// <param name="State">Its end.</param>
/// <param name="Steps">The state of every step.</param>
/// <param name="Results">The result of every step that has one, as UTF-8 JSON.</param>
/// <param name="LostAttempts">Attempts that were taken over.</param>
/// <param name="Findings">Rules that were broken.</param>
internal sealed record CrashEnd(
    PipelineRunState State, IReadOnlyDictionary<string, StepState> Steps, IReadOnlyDictionary<string, byte[]> Results, int LostAttempts, IReadOnlyList<string> Findings)
{
    /// <summary>What differs from the undisturbed run.</summary>
    public List<string> CompareWith(CrashEnd undisturbed, IReadOnlyCollection<string> varying)
    {
        List<string> findings = [.. Findings];
        if (State != undisturbed.State)
        {
            findings.Add($"the run is {State} instead of {undisturbed.State}");
        }

        foreach (string step in Steps.Keys.Union(undisturbed.Steps.Keys).Order(StringComparer.Ordinal))
        {
            (string now, string before) = (Describe(Steps, step), Describe(undisturbed.Steps, step));
            if (now != before)
            {
                findings.Add($"'{step}' is {now} instead of {before}");
            }
            else if (!varying.Contains(step) && !varying.Contains(step.Split('[')[0])
                && Results.TryGetValue(step, out byte[]? result) && undisturbed.Results.TryGetValue(step, out byte[]? expected) && !result.AsSpan().SequenceEqual(expected))
            {
                findings.Add($"'{step}' has another result; if it may, name it in {nameof(CrashTestOptions.VaryingSteps)}");
            }
        }

        return findings;
    }

    private static string Describe(IReadOnlyDictionary<string, StepState> steps, string step) =>
        steps.TryGetValue(step, out StepState state) ? state.ToString() : "missing";
}
