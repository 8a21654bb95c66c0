using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class CategoryCountsTests
{
    [Test]
    public void Counts_are_exact_up_to_the_cap_and_nothing_is_lost_beyond() =>
        Gen.Select(Gen.Int[0, 12].Array[0, 200], Gen.Int[1, 15]).Sample((values, maximum) =>
        {
            string?[] categories = [.. values.Select(v => v == 12 ? null : "c" + v)];
            CategoryCounts counts = new(maximum);
            counts.Add(categories);
            string[] known = [.. categories.OfType<string>().Distinct().Take(maximum)];
            Assert.That(counts.MostFrequent().Select(p => p.Key), Is.EquivalentTo(known));
            foreach (string category in known)
                Assert.That(counts[category], Is.EqualTo(categories.Count(c => c == category)));
            Assert.That(counts.MissingCount, Is.EqualTo(categories.Count(c => c is null)));
            Assert.That(counts.Count, Is.EqualTo(categories.Length - counts.MissingCount));
            Assert.That(counts.OtherCount, Is.EqualTo(counts.Count - known.Sum(c => counts[c])));
        });

    [Test]
    public void Parts_merge_to_the_whole_while_all_categories_fit() =>
        Gen.Select(Gen.Int[0, 9].Array[0, 100], Gen.Int[0, 9].Array[0, 100]).Sample((a, b) =>
        {
            CategoryCounts left = Counted(a), right = Counted(b), whole = Counted([.. a, .. b]);
            left.Merge(right);
            return left.MostFrequent().SequenceEqual(whole.MostFrequent()) && left.Count == whole.Count && left.OtherCount == 0;
        });

    [Test]
    public void A_merge_beyond_the_cap_keeps_the_frequent_and_the_total()
    {
        CategoryCounts left = new(2), right = new(3);
        left.Add(["a"]);
        right.Add(["b", "c", "c", null, "d", "e"]);
        left.Merge(right);

        Assert.That((left["a"], left["c"], left["b"]), Is.EqualTo((1L, 2L, 0L)));
        Assert.That((left.Count, left.OtherCount, left.MissingCount), Is.EqualTo((6L, 3L, 1L)));
    }

    [Test]
    public void Aligned_counts_go_into_a_test()
    {
        CategoryCounts reference = new(3), current = new();
        reference.Add(["red", "red", "green", "blue", "", "pink"]);
        current.Add(["green", "green", "gold", null]);
        (long[] x, long[] y) = CategoryCounts.Align(reference, current);

        Assert.That(x, Is.EqualTo(new long[] { 2, 1, 1, 0, 2 }));
        Assert.That(y, Is.EqualTo(new long[] { 0, 0, 2, 1, 0 }));
    }

    [Test]
    public void Texts_are_told_apart_by_their_code_units_and_counting_known_ones_allocates_nothing()
    {
        CategoryCounts counts = new();
        counts.Add("é");
        counts.Add("e\u0301");
        counts.Add("");
        Assert.That(counts.DistinctCount, Is.EqualTo(3));

        char[] text = [.. "xyz"];
        counts.Add(text.AsSpan());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            counts.Add(text.AsSpan());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(counts["xyz"], Is.EqualTo(101));
    }

    [Test]
    public void Bad_input_is_refused()
    {
        Assert.That(() => new CategoryCounts(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new CategoryCounts().Merge(null!), Throws.ArgumentNullException);
        Assert.That(() => CategoryCounts.Align(null!, new()), Throws.ArgumentNullException);
    }

    private static CategoryCounts Counted(int[] values)
    {
        CategoryCounts counts = new();
        counts.Add([.. values.Select(v => "c" + v)]);
        return counts;
    }
}
