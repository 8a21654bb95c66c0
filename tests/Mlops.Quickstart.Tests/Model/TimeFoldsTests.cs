using CsCheck;

namespace Quickstart.Tests;

public sealed class TimeFoldsTests
{
    private static readonly Gen<(int Rows, int Folds, int Block)> Sizes =
        from folds in Gen.Int[1, 12]
        from block in Gen.Int[1, 100]
        from spare in Gen.Int[0, 250]
        select (((folds + 1) * block) + spare, folds, block);

    [Test]
    public void Every_training_row_comes_before_every_row_it_is_judged_on() => Sizes.Sample(size =>
    {
        IReadOnlyList<TimeFold> folds = TimeFolds.Expanding(size.Rows, size.Folds, size.Block);

        Assert.That(folds.Select(static fold => fold.Number), Is.EqualTo(Enumerable.Range(0, size.Folds)));
        foreach (TimeFold fold in folds)
        {
            Assert.That(fold.Split, Is.GreaterThanOrEqualTo(size.Block), "rows to train on");
            Assert.That(fold.End - fold.Split, Is.EqualTo(size.Block), "rows to judge on");
        }
    });

    [Test]
    public void The_blocks_are_the_last_rows_each_once() => Sizes.Sample(size =>
    {
        IEnumerable<int> judged = TimeFolds.Expanding(size.Rows, size.Folds, size.Block).SelectMany(static fold => Enumerable.Range(fold.Split, fold.End - fold.Split));
        Assert.That(judged, Is.EqualTo(Enumerable.Range(size.Rows - (size.Folds * size.Block), size.Folds * size.Block)));
    });

    [TestCase(17, 8, 2)]
    [TestCase(0, 1, 1)]
    public void Too_few_rows_are_refused(int rows, int folds, int block) =>
        Assert.Throws<ArgumentException>(() => TimeFolds.Expanding(rows, folds, block));

    [TestCase(0, 2)]
    [TestCase(2, 0)]
    public void Sizes_below_one_are_refused(int folds, int block) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeFolds.Expanding(100, folds, block));
}
