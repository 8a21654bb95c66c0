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
    public void The_good_are_the_first_in_the_order_of_values_then_of_pruned_steps_then_of_missed_constraints() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[-1, 2], Gen.Bool, Gen.Int[-9, 2]).Array[1, 300].Select(Gen.Bool).Sample((rows, maximize) =>
        {
            Direction[] directions = [maximize ? Direction.Maximize : Direction.Minimize];
            var space = new StudySpace("s", directions, 0);
            var history = new TrialHistory(1);
            List<(int Index, int Class, double Key, double Value)> ordered = [];
            for (int i = 0; i < rows.Length; i++)
            {
                (int kind, int value, int step, bool isNaN, int missed) = rows[i];
                TrialState state = kind switch { 0 => TrialState.Failed, 1 => TrialState.Pruned, _ => TrialState.Completed };
                TrialReport? report = step < 0 ? null : new TrialReport(step, isNaN ? double.NaN : value);
                history.Add(new HistoryRow(i, state, state == TrialState.Completed ? [value] : [], report, [], Math.Max(0, missed)), space);
                double sign = maximize ? -1 : 1;
                if (missed > 0 && state != TrialState.Failed)
                {
                    ordered.Add((i, 2, missed, 0));
                }
                else if (state == TrialState.Completed)
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
            Assert.That(new TpeSplit(directions).Good(new TrialView(history, history.Count), ordered.Count), Is.EqualTo(expected));
        });

    [Test]
    public void With_several_objectives_whole_fronts_are_good_and_the_next_is_cut_by_volume() =>
        Gen.Select(Gen.Int[0, 12].Array[3], Gen.Int[-4, 2]).Array[1, 120].Select(Gen.Int[2, 3]).Sample((rows, objectives) =>
        {
            Direction[] directions = [Direction.Minimize, Direction.Maximize, Direction.Minimize];
            directions = directions[..objectives];
            var space = new StudySpace("s", directions, 0);
            var history = new TrialHistory(objectives);
            for (int i = 0; i < rows.Length; i++)
            {
                history.Add(new HistoryRow(i, TrialState.Completed, [.. rows[i].Item1.Take(objectives).Select(static v => (double)v)], null, [], Math.Max(0, rows[i].Item2)), space);
            }

            double[][] points = [.. rows.Select(row => Enumerable.Range(0, objectives).Select(o => o == 1 ? -(double)row.Item1[o] : row.Item1[o]).ToArray())];
            int[] feasible = [.. Enumerable.Range(0, rows.Length).Where(i => rows[i].Item2 <= 0)];
            int[] ranks = ParetoRanks.Of([.. feasible.Select(i => points[i])]);
            List<int> good = new TpeSplit(directions).Good(new TrialView(history, history.Count), rows.Length);

            Assert.That(good, Has.Count.EqualTo((rows.Length + 9) / 10).And.Unique);
            int[] goodRanks = [.. good.Where(i => rows[i].Item2 <= 0).Select(i => ranks[Array.IndexOf(feasible, i)])];
            int last = goodRanks.DefaultIfEmpty(-1).Max();
            Assert.That(Enumerable.Range(0, feasible.Length).Where(f => ranks[f] < last).Select(f => feasible[f]), Is.SubsetOf(good), "fronts before the last are whole");
            AssertCutByVolume([.. good.Where(i => rows[i].Item2 <= 0)], [.. feasible.Where((_, f) => ranks[f] == last)], points);
            if (feasible.Length >= good.Count)
            {
                Assert.That(good.Select(i => rows[i].Item2), Is.All.LessThanOrEqualTo(0), "who misses a constraint comes last");
            }
        });

    [Test]
    public void With_several_objectives_the_good_are_the_same_whatever_views_were_followed_in_between() =>
        Gen.Select(Gen.Int[0, 30].Array[3], Gen.Int[-4, 1]).Array[1, 150].Select(Gen.Int[2, 3], Gen.Int[0, 149].Array[1, 12]).Sample((rows, objectives, counts) =>
        {
            Direction[] directions = [.. Enumerable.Repeat(Direction.Minimize, objectives)];
            var space = new StudySpace("s", directions, 0);
            var history = new TrialHistory(objectives);
            for (int i = 0; i < rows.Length; i++)
            {
                history.Add(new HistoryRow(i, TrialState.Completed, [.. rows[i].Item1.Take(objectives).Select(static v => (double)v)], null, [], Math.Max(0, rows[i].Item2)), space);
            }

            var kept = new TpeSplit(directions);
            foreach (int count in counts.Select(count => Math.Min(count, rows.Length)))
            {
                var view = new TrialView(history, count);
                Assert.That(kept.Good(view, count), Is.EqualTo(new TpeSplit(directions).Good(view, count)), $"view of {count}");
            }
        });

    /// <summary>Of the last front each point in turn adds as much volume as any that is left.</summary>
    private static void AssertCutByVolume(int[] good, int[] front, double[][] points)
    {
        int[] chosen = [.. good.Where(front.Contains)];
        if (front.Length == 0 || chosen.Length == front.Length)
        {
            return;
        }

        double[] reference = [.. Enumerable.Range(0, points[0].Length).Select(o => front.Max(i => points[i][o])).Select(static worst =>
            worst > 0 ? 1.1 * worst : worst < 0 ? 0.9 * worst : 1e-12)];
        for (int n = 0; n < chosen.Length; n++)
        {
            double Volume(int next) => Hypervolume.Of([.. chosen[..n].Select(i => points[i]), points[next]], reference);
            Assert.That(Volume(chosen[n]), Is.EqualTo(front.Max(Volume)).Within(1e-9 * Math.Max(1e-3, front.Max(Volume))), $"choice {n}");
        }
    }
}
