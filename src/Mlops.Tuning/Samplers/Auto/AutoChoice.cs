using System.Globalization;

namespace Mlops.Tuning;

/// <summary>Which sampler a trial gets, and why: a function of the trials that had finished, the trial's number, the space and the budget.</summary>
internal readonly record struct AutoChoice(AutoExpert Expert, string Reason)
{
    private const int Startup = 10;
    private const int LargestProcess = 20;
    private const int LongestProcess = 300;
    private const int EarlyHandover = 150;
    private const int LargeBudget = 1_000;
    private const int LeastPatience = 5;
    private const int MostObjectives = 3;
    private const int FrontProcess = 200;
    private const int FrontHandover = 100;

    /// <summary>Who takes turns; the Gaussian process begins, and the second goes on where it does not reach.</summary>
    private static readonly AutoExpert[] ForNumbers = [AutoExpert.GaussianProcess, AutoExpert.CmaEs, AutoExpert.Tpe];
    private static readonly AutoExpert[] ForChoices = [AutoExpert.GaussianProcess, AutoExpert.Tpe];

    /// <param name="view">The trials that had finished.</param>
    /// <param name="number">The trial's number.</param>
    /// <param name="space">The space.</param>
    /// <param name="budget">How many trials the study is to have.</param>
    /// <param name="counts">Room for one number per trial, which is kept from one choice to the next.</param>
    public static AutoChoice Of(TrialView view, int number, StudySpace space, int? budget, ref int[] counts)
    {
        Evidence seen = Evidence.Of(view, space, ref counts);
        if (seen.Usable < Startup)
        {
            return new(AutoExpert.Sobol, Text($"{seen.Usable} of {Startup} trials to begin with: even coverage"));
        }

        if (space.Directions.Count > 1)
        {
            return OfSeveral(seen, space.Directions.Count);
        }

        if (seen.Pruned > seen.Usable / 4)
        {
            return new(
                seen.IsConditional ? AutoExpert.TpeGrouped : AutoExpert.Tpe, Text($"{seen.Pruned} of {seen.Usable} trials were pruned, which a Gaussian process leaves out"));
        }

        if (seen.IsConditional)
        {
            return new(AutoExpert.CmaEs, "a space with branches: each evolves by itself, and their choice is TPE's");
        }

        AutoExpert[] experts = ExpertsFor(seen.HasChoices);
        string kind = seen.HasChoices ? "numbers and choices" : "numbers alone";
        if (seen.Parameters > LargestProcess)
        {
            return new(experts[1], Text($"{seen.Parameters} parameters are too many for a Gaussian process; {kind}"));
        }

        int longest = budget > LargeBudget && !seen.HasChoices ? EarlyHandover : LongestProcess;
        if (seen.Usable >= longest)
        {
            return new(experts[1], Text($"{seen.Usable} trials are too many for a Gaussian process; {kind}"));
        }

        int turn = Turn(seen.Usable, seen.SinceBest, seen.BestTurn, number, experts.Length);
        if (seen.SinceBest > Patience(seen.Usable))
        {
            return new(experts[turn], Text($"nothing better in {seen.SinceBest} trials: {(seen.HasChoices ? "the Gaussian process and TPE" : "the Gaussian process, CMA-ES and TPE")} take turns; {kind}"));
        }

        if (turn > 0)
        {
            return new(experts[turn], Text($"{(experts[turn] == AutoExpert.CmaEs ? "CMA-ES" : "TPE")} found the best trial, with {seen.SinceBest} after it, and goes on; {kind}"));
        }

        return new(AutoExpert.GaussianProcess, Text($"{seen.Parameters} parameters and {seen.Usable} trials: few enough for a Gaussian process"));
    }

    /// <summary>With several objectives: who widens the front most.</summary>
    private static AutoChoice OfSeveral(Evidence seen, int objectives)
    {
        string what = Text($"{objectives} objectives, {seen.Parameters} parameters and {seen.Usable} trials");
        if (seen.IsConditional)
        {
            return seen.Usable < LongestProcess
                ? new(AutoExpert.TpeGrouped, Text($"{what}, with branches: fewer than {LongestProcess}, from which TPE learns more, branch by branch, than others do"))
                : new(AutoExpert.NsgaII, Text($"{what}, with branches: {LongestProcess} or more, which evolution takes as they come"));
        }

        string? against =
            seen.Parameters > LargestProcess ? "too many parameters for a Gaussian process"
            : objectives > MostObjectives ? "too many objectives for a Gaussian process"
            : seen.Pruned > seen.Usable / 4 ? "more than a quarter was pruned, which a Gaussian process leaves out"
            : null;
        if (against is null && seen.Usable < FrontProcess)
        {
            return new(AutoExpert.GaussianProcess, Text($"{what}: few enough for a Gaussian process, whose front is the widest"));
        }

        against ??= "too many trials for a Gaussian process";
        return seen.Usable < FrontHandover
            ? new(AutoExpert.Tpe, Text($"{what}: {against}; before {FrontHandover} trials TPE learns more than evolution does"))
            : new(AutoExpert.NsgaII, Text($"{what}: {against}; from {FrontHandover} trials on evolution widens the front faster than TPE"));
    }

    private static AutoExpert[] ExpertsFor(bool hasChoices) => hasChoices ? ForChoices : ForNumbers;

    /// <summary>Who found the best trial goes on; when nothing better comes for long, all take turns. So a gain of another is no reason to return to a Gaussian process that is stuck.</summary>
    private static int Turn(int usable, int sinceBest, int bestTurn, int number, int turns) => sinceBest > Patience(usable) ? number % turns : bestTurn;

    private static int Patience(int usable) => Math.Max(LeastPatience, usable / 4);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <param name="Usable">Completed and pruned trials.</param>
    /// <param name="Pruned">Pruned ones of them.</param>
    /// <param name="SinceBest">How many have finished since the best feasible one did, or since the beginning; failed ones are no gain either.</param>
    /// <param name="BestTurn">Whose turn the best one was, had all been asked for one after the other.</param>
    /// <param name="Parameters">How many parameters trials have at most.</param>
    /// <param name="HasChoices">Whether there are choices without an order.</param>
    /// <param name="IsConditional">Whether some trials lack parameters of others.</param>
    private readonly record struct Evidence(int Usable, int Pruned, int SinceBest, int BestTurn, int Parameters, bool HasChoices, bool IsConditional)
    {
        public static Evidence Of(TrialView view, StudySpace space, ref int[] room)
        {
            int usable = 0;
            int pruned = 0;
            int finished = 0;
            int bestAt = 0;
            int bestTurn = 0;
            double best = double.PositiveInfinity;
            bool maximize = space.Directions[0] == Direction.Maximize;
            if (room.Length < view.Count)
            {
                room = new int[view.Count * 2];
            }

            Span<int> counts = room.AsSpan(0, view.Count);
            counts.Clear();
            bool hasChoices = false;
            int names = 0;
            foreach ((string name, ParameterDomain domain) in space.Parameters)
            {
                ReadOnlySpan<double> column = view.Column(name);
                bool isSeen = false;
                for (int i = 0; i < column.Length && !domain.IsSingle; i++)
                {
                    bool has = !double.IsNaN(column[i]) && view.IsUsable(i);
                    counts[i] += has ? 1 : 0;
                    isSeen |= has;
                }

                hasChoices |= isSeen && domain.IsChoice;
                names += isSeen ? 1 : 0;
            }

            int turns = ExpertsFor(hasChoices).Length;
            int most = 0;
            int least = int.MaxValue;
            for (int i = 0; i < view.Count; i++)
            {
                finished += view.IsSuperseded(i) ? 0 : 1;
                if (!view.IsUsable(i))
                {
                    continue;
                }

                int turn = usable >= Startup ? Turn(usable, finished - 1 - bestAt, bestTurn, view.Numbers[i], turns) : 0;
                usable++;
                pruned += view.States[i] == TrialState.Pruned ? 1 : 0;
                (most, least) = (Math.Max(most, counts[i]), Math.Min(least, counts[i]));
                double value = maximize ? -view.Values(0)[i] : view.Values(0)[i];
                if (view.States[i] == TrialState.Completed && view.Violations[i] == 0 && value < best)
                {
                    (best, bestAt, bestTurn) = (value, finished, turn);
                }
            }

            // Branches that exclude each other may all have the same number of parameters.
            bool isConditional = least < most || names > most;
            return new(usable, pruned, finished - bestAt, bestTurn, most, hasChoices, isConditional);
        }
    }
}
