namespace Mlops.Tuning.Tests;

/// <summary>The sampler keeps its memory from one ask to the next; what it chooses is as if all memory were new.</summary>
public sealed class PlainChoiceTests
{
    private static readonly (string Name, ParameterDomain Domain)[] Parameters =
    [
        ("x", ParameterDomain.Real(-10, 10)), ("y", ParameterDomain.Real(1e-3, 10, log: true)), ("n", ParameterDomain.Whole(1, 40)), ("c", ParameterDomain.Categorical("a", "b", "c")),
    ];

    [TestCase(400, false)]
    [TestCase(400, true)]
    [TestCase(24, false)]
    [TestCase(24, true)]
    public void Choices_are_bit_for_bit_those_of_memory_made_anew(int maximum, bool isConstrained)
    {
        var space = new StudySpace("s", [Direction.Maximize], 5);
        StudySampler sampler = new GaussianProcessSampler { MaximumTrials = maximum }.ForStudy(space);
        Array.ForEach(Parameters, parameter => space.Learn(parameter.Name, parameter.Domain));
        var plain = new PlainChoice(space, maximum);
        var history = new TrialHistory(1);
        Queue<(int Number, Dictionary<string, double> Proposal, Dictionary<string, double> Values)> running = [];
        int compared = 0;
        for (int number = 0; number < 70; number++)
        {
            Dictionary<string, double> proposal = [];
            var context = new SamplingContext(space, number, new TrialView(history, history.Count), [.. running.Select(static trial => new RunningTrial(trial.Number, trial.Proposal))]);
            sampler.Propose(context, proposal);
            if (number % 3 != 1 && plain.Of(context) is { } expected)
            {
                Assert.That(proposal, Is.EquivalentTo(expected), $"trial {number}");
                compared++;
            }

            running.Enqueue((number, proposal, Parameters.ToDictionary(
                static parameter => parameter.Name, parameter => proposal.TryGetValue(parameter.Name, out double x) ? x : sampler.Sample(context, parameter.Name, parameter.Domain))));
            if (running.Count > number % 4)
            {
                history.Add(Finish(running.Dequeue(), isConstrained), space);
            }
        }

        Assert.That(compared, Is.GreaterThan(30));
    }

    private static HistoryRow Finish((int Number, Dictionary<string, double> Proposal, Dictionary<string, double> Values) trial, bool isConstrained)
    {
        double x = trial.Values["x"];
        double y = Math.Log10(trial.Values["y"]);
        double value = -((x - 1) * (x - 1)) - (3 * y * y) - (Math.Abs(trial.Values["n"] - 17) / 5) - trial.Values["c"];
        TrialState state = trial.Number % 11 == 5 ? TrialState.Failed : TrialState.Completed;
        double constraint = isConstrained && trial.Number % 7 != 3 ? 2 - x : double.NaN;
        return new HistoryRow(
            trial.Number, state, state == TrialState.Completed ? [value] : [], null,
            [.. Parameters.Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Domain.ToValue(trial.Values[parameter.Name])))],
            double.IsNaN(constraint) ? 0 : Math.Max(0, constraint), constraint);
    }
}
