namespace Mlops.Serving.Tests;

public sealed class SplitTests
{
    private const int Keys = 100_000;

    [TestCase(0.0)]
    [TestCase(0.0001)]
    [TestCase(0.05)]
    [TestCase(0.5)]
    [TestCase(1.0)]
    public void The_candidate_gets_its_share_of_the_keys(double share)
    {
        var split = new Split(salt: 42, share);

        int taken = Count(split);

        // Six deviations of the binomial law; exact at both ends.
        Assert.That(taken, Is.EqualTo(share * Keys).Within(6 * Math.Sqrt(Keys * share * (1 - share))));
    }

    [Test]
    public void A_growing_share_only_moves_keys_to_the_candidate()
    {
        double[] shares = [0, 0.01, 0.05, 0.25, 0.5, 0.9, 1];
        Split[] splits = [.. shares.Select(share => new Split(salt: 7, share))];

        for (int i = 0; i < Keys; i++)
        {
            bool[] takes = [.. splits.Select(split => split.Takes(split.Hash($"user-{i}")))];
            Assert.That(takes, Is.Ordered, "once taken, a key stays taken");
        }
    }

    [Test]
    public void Another_secret_takes_other_keys_and_the_same_secret_the_same_ones()
    {
        var first = new Split(1, 0.5);
        var again = new Split(1, 0.5);
        var other = new Split(2, 0.5);

        int both = 0;
        for (int i = 0; i < Keys; i++)
        {
            string key = $"user-{i}";
            Assert.That(again.Takes(again.Hash(key)), Is.EqualTo(first.Takes(first.Hash(key))));
            if (first.Takes(first.Hash(key)) && other.Takes(other.Hash(key)))
                both++;
        }

        Assert.That(both, Is.EqualTo(0.25 * Keys).Within(6 * Math.Sqrt(Keys * 0.25 * 0.75)), "two rollouts choose independently");
    }

    [Test]
    public void A_key_is_hashed_as_its_UTF_16_by_XXH3_with_the_secret_as_seed()
    {
        Assert.That(new Split(42, 0.5).Hash("user-1"), Is.EqualTo(System.IO.Hashing.XxHash3.HashToUInt64(System.Text.Encoding.Unicode.GetBytes("user-1"), 42)));
    }

    [Test]
    public void Routing_a_key_allocates_nothing()
    {
        var split = new Split(42, 0.5);
        int taken = 0;
        for (int i = 0; i < 1000; i++)
            taken += split.Takes(split.Hash("user-1")) ? 1 : 0;

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            taken += split.Takes(split.Hash("user-1")) ? 1 : 0;

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero, $"{taken}");
    }

    private static int Count(Split split) => Enumerable.Range(0, Keys).Count(i => split.Takes(split.Hash($"user-{i}")));
}
