using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class TpeSplitTests
{
    [TestCase(1, 1)]
    [TestCase(10, 1)]
    [TestCase(11, 2)]
    [TestCase(250, 25)]
    [TestCase(10_000, 25)]
    public void A_tenth_is_good_and_at_most_25(int usable, int good) => Assert.That(TpeSplit.GoodCount(usable), Is.EqualTo(good));

    [Test]
    public void The_good_are_the_first_in_the_order_of_values_then_of_pruned_steps() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[-1, 2], Gen.Bool).Array[1, 300].Select(Gen.Bool).Sample((rows, maximize) =>
        {
            var space = new StudySpace("s", [maximize ? Direction.Maximize : Direction.Minimize], 0);
            var history = new TrialHistory(1);
            List<(int Index, int Class, double Key, double Value)> ordered = [];
            for (int i = 0; i < rows.Length; i++)
            {
                (int kind, int value, int step, bool isNaN) = rows[i];
                TrialState state = kind switch { 0 => TrialState.Failed, 1 => TrialState.Pruned, _ => TrialState.Completed };
                TrialReport? report = step < 0 ? null : new TrialReport(step, isNaN ? double.NaN : value);
                history.Add(new HistoryRow(i, state, state == TrialState.Completed ? [value] : [], report, []), space);
                double sign = maximize ? -1 : 1;
                if (state == TrialState.Completed)
                {
                    ordered.Add((i, 0, 0, sign * value));
                }
                else if (state == TrialState.Pruned)
                {
                    ordered.Add(step < 0 ? (i, 1, 1, 0) : (i, 1, -step, isNaN ? double.PositiveInfinity : sign * value));
                }
            }

            IEnumerable<int> expected = ordered.OrderBy(static row => row.Class).ThenBy(static row => row.Key).ThenBy(static row => row.Value)
                .ThenBy(static row => row.Index).Take(TpeSplit.GoodCount(ordered.Count)).Select(static row => row.Index);
            Assert.That(TpeSplit.Good(new TrialView(history, history.Count), ordered.Count, maximize), Is.EqualTo(expected));
        });
}
