using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class RandomStreamTests
{
    // The authors' known-answer vectors of philox4x32 with 10 rounds.
    [TestCase(0u, 0u, 0u, 0u, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [TestCase(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xfffffffffffffffful, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [TestCase(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0x299f31d0a4093822ul, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void A_block_equals_the_known_answer(uint c0, uint c1, uint c2, uint c3, ulong key, uint x0, uint x1, uint x2, uint x3) =>
        Assert.That(Philox.Block(c0, c1, c2, c3, key), Is.EqualTo((x0, x1, x2, x3)));

    [TestCase("", 0xcbf29ce484222325ul)]
    [TestCase("a", 0xaf63dc4c8601ec8cul)]
    [TestCase("foobar", 0x85944171f73967e8ul)]
    public void A_purpose_hashes_as_FNV_1a_of_64_bits(string purpose, ulong expected) =>
        Assert.That(RandomStream.Hash(purpose), Is.EqualTo(expected));

    [Test]
    public void Streams_differ_by_seed_by_trial_and_by_purpose()
    {
        ulong[] first =
        [
            new RandomStream(1, 0, "x").NextBits(), new RandomStream(2, 0, "x").NextBits(),
            new RandomStream(1, 1, "x").NextBits(), new RandomStream(1, 0, "y").NextBits(),
        ];

        Assert.That(first, Is.Unique);
        Assert.That(new RandomStream(1, 0, "x").NextBits(), Is.EqualTo(first[0]));
    }

    [Test]
    public void A_bounded_number_stays_below_its_bound() =>
        Gen.Select(Gen.Long, Gen.Long[1, long.MaxValue]).Sample((seed, count) =>
        {
            long drawn = new RandomStream(seed, 3, "n").NextBelow(count);
            return drawn >= 0 && drawn < count;
        });

    [Test]
    public void Bounded_numbers_are_uniform()
    {
        const int Draws = 100_000;
        int[] counts = new int[7];
        var random = new RandomStream(42, 0, "dice");
        for (int i = 0; i < Draws; i++)
        {
            counts[random.NextBelow(counts.Length)]++;
        }

        // Chi-square with 6 degrees of freedom exceeds 22.46 once in a thousand.
        double expected = Draws / (double)counts.Length;
        Assert.That(counts.Sum(count => (count - expected) * (count - expected) / expected), Is.LessThan(22.46));
    }
}
