namespace Mlops.Orchestration;

/// <summary>A condition that results of a step have to meet.</summary>
internal sealed class StepCheck<T>(string name, Func<T, string?> findProblem, CheckSeverity severity)
{
    public string Name { get; } = name;

    public static void Add(GraphDraft draft, StepNode<T> node, string name, Func<T, bool> passes, CheckSeverity severity)
    {
        ArgumentNullException.ThrowIfNull(passes);
        Add(draft, node, name, value => passes(value) ? null : "did not pass", severity);
    }

    public static void Add(GraphDraft draft, StepNode<T> node, string name, Func<T, string?> findProblem, CheckSeverity severity)
    {
        ArgumentNullException.ThrowIfNull(findProblem);
        draft.RequireName(name);
        if (!Enum.IsDefined(severity))
        {
            throw draft.Problem($"check '{name}' of '{node.Key}' has the severity {severity}; allowed are Block and Warn.");
        }

        if (node.CheckNames.Contains(name))
        {
            throw draft.Problem($"'{node.Key}' has two checks named '{name}'.");
        }

        node.Add(new StepCheck<T>(name, findProblem, severity));
    }

    public CheckResult Run(T value)
    {
        string? problem = findProblem(value);
        return new CheckResult(
            Name,
            problem is null ? CheckOutcome.Passed : severity == CheckSeverity.Block ? CheckOutcome.Blocked : CheckOutcome.Warned,
            problem);
    }
}
