namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class TextDriftTests
{
    private static readonly string[] Common = ["the", "order", "arrived", "late", "please", "refund", "my", "account", "card", "was", "charged", "twice", "thank", "you", "for", "help"];
    private static readonly string[] Other = ["login", "password", "reset", "screen", "error", "browser", "crash", "update"];

    [Test]
    public void Without_drift_at_most_five_of_a_hundred_comparisons_alarm()
    {
        const int Runs = 120;
        int alarms = 0, words = 0;
        for (int run = 0; run < Runs; run++)
        {
            Draws draws = new(run);
            TextDrift drift = TextDrift.Compare(Texts(draws, 90, missing: 0.1), Texts(draws, 80, missing: 0.1));
            alarms += drift.Verdict == DriftVerdict.Drift ? 1 : 0;
            words += drift.TellingWords.Count > 0 ? 1 : 0;
        }

        // 13 is exceeded by a binomial(120, 0.05) with probability 0.003.
        Assert.That(alarms, Is.InRange(1, 13));
        Assert.That(words, Is.LessThanOrEqualTo(13));
    }

    [Test]
    public void Another_topic_is_drift_and_its_words_are_named()
    {
        Draws draws = new(1);
        TextDrift drift = TextDrift.Compare(Texts(draws, 300), Texts(draws, 300, other: 0.15));
        TextCheck domain = drift.Checks.Single(static check => check.Test == TextTest.Domain);
        Assert.That((drift.Verdict, domain.IsDrift), Is.EqualTo((DriftVerdict.Drift, true)), drift.Reason);
        Assert.That(domain.Effect, Is.GreaterThan(0.75));
        Assert.That(drift.Checks.Single(static check => check.Test == TextTest.Words).IsDrift, Is.False);
        Assert.That(drift.TellingWords, Has.Count.EqualTo(8));
        Assert.That(drift.TellingWords.All(static word => Other.Contains(word.Word) && word.ReferenceShare == 0 && word.CurrentShare > 0.1));
        Assert.That(Other.Concat(Common).Any(word => drift.Reason.Contains($" {word} ", StringComparison.Ordinal) && word is not ("the" or "was" or "for")), Is.False, "reasons name no content");
    }

    [Test]
    public void Shares_of_words_count_each_text_once()
    {
        string[] reference = [.. Enumerable.Range(0, 100).Select(static i => i < 25 ? "Alpha alpha beta" : "beta")];
        string[] current = [.. Enumerable.Range(0, 50).Select(static i => i < 40 ? "ALPHA, beta!" : "beta")];
        TellingWord word = TextDrift.Compare(reference, current).TellingWords.Single();
        Assert.That(word, Is.EqualTo(new TellingWord("alpha", 0.25, 0.8)));
    }

    [Test]
    public void Longer_texts_and_missing_ones_are_drift_of_their_own()
    {
        Draws draws = new(2);
        TextDrift longer = TextDrift.Compare(Texts(draws, 400), Texts(draws, 400, length: 14));
        Assert.That(longer.Checks.Where(static check => check.IsDrift).Select(static check => check.Test), Is.SupersetOf(new[] { TextTest.Characters, TextTest.Words }));
        TextDrift missing = TextDrift.Compare(Texts(draws, 400, missing: 0.05), Texts(draws, 400, missing: 0.2));
        Assert.That(missing.Checks.Where(static check => check.IsDrift).Select(static check => check.Test), Is.EqualTo([TextTest.MissingShare]));
        Assert.That(missing.Reason, Does.StartWith("change of the missing share"));
        Assert.That(missing.Checks[0].Effect, Is.EqualTo((double)(missing.CurrentTexts - missing.CurrentTextsCompared - missing.ReferenceTexts + missing.ReferenceTextsCompared) / 400).Within(1e-12));
    }

    [Test]
    public void P_values_are_adjusted_for_all_checks()
    {
        Draws draws = new(3);
        TextDrift drift = TextDrift.Compare(Texts(draws, 100, missing: 0.1), Texts(draws, 100, missing: 0.1));
        Assert.That(drift.Checks.Select(static check => check.Test), Is.EqualTo(Enum.GetValues<TextTest>()));
        Assert.That(drift.Checks.Select(static check => check.AdjustedPValue!.Value), Is.EqualTo(Statistics.MultipleTesting.BenjaminiHochberg([.. drift.Checks.Select(static check => check.PValue!.Value)])));
    }

    [Test]
    public void Equal_texts_give_an_equal_result_and_only_so_many_are_read()
    {
        Draws draws = new(4);
        List<string?> reference = Texts(draws, 300), current = Texts(draws, 300, other: 0.1);
        TextDriftOptions options = new() { MaximumTexts = 100 };
        TextDrift drift = TextDrift.Compare(reference, current, options), again = TextDrift.Compare(reference, current, options);
        Assert.That((drift.ReferenceTexts, drift.ReferenceTextsCompared, drift.CurrentTextsCompared), Is.EqualTo((300, 100, 100)));
        Assert.That(again.Checks, Is.EqualTo(drift.Checks));
        Assert.That(again.TellingWords, Is.EqualTo(drift.TellingWords));

        // What lies beyond the characters that are read changes their number alone.
        TextDriftOptions start = new() { MaximumCharacters = 20 };
        string[] first = [.. Enumerable.Repeat(new string('a', 20) + " x", 400)], second = [.. Enumerable.Repeat(new string('a', 20) + " y", 400)];
        TextDrift cut = TextDrift.Compare(first, second, start);
        Assert.That((cut.Verdict, cut.TellingWords.Count), Is.EqualTo((DriftVerdict.NoDrift, 0)), cut.Reason);
        Assert.That(TextDrift.Compare(first, second).Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void Few_or_no_texts_are_undecided()
    {
        Draws draws = new(5);
        TextDrift none = TextDrift.Compare([], Texts(draws, 300));
        Assert.That((none.Verdict, none.Checks.Count(static check => check.PValue is null)), Is.EqualTo((DriftVerdict.Undecided, 4)));
        Assert.That(TextDrift.Compare([null, null], [null]).Verdict, Is.EqualTo(DriftVerdict.Undecided));
        TextDrift few = TextDrift.Compare(Texts(draws, 40), Texts(draws, 40));
        Assert.That(few.Verdict, Is.EqualTo(DriftVerdict.Undecided), few.Reason);
        Assert.That(few.Checks[0].NotTested, Is.EqualTo("no text is missing"));
        string?[] empty = [.. Enumerable.Repeat("", 400)];
        Assert.That(TextDrift.Compare(empty, empty).Verdict, Is.EqualTo(DriftVerdict.NoDrift), "empty texts are not missing");
    }

    [Test]
    public void Few_missing_texts_are_tested_exactly()
    {
        TextCheck few = Missing(1, 7), many = Missing(20, 40);
        Assert.That((few.Statistic, few.PValue), Is.EqualTo(((double?)null, Statistics.FisherExact.Test(1, 200, 7, 200).PValue)));
        Statistics.TwoSampleResult normal = Statistics.TwoProportionZ.Test(20, 200, 40, 200);
        Assert.That((many.Statistic, many.PValue), Is.EqualTo((normal.Statistic, normal.PValue)));
        Assert.That(Missing(5, 5).Statistic, Is.Not.Null, "five expected on either side are many");

        static TextCheck Missing(int reference, int current) => TextDrift.Compare(
            [.. Enumerable.Range(0, 200).Select(i => i < reference ? null : "text")], [.. Enumerable.Range(0, 200).Select(i => i < current ? null : "text")]).Checks[0];
    }

    [Test]
    public void The_area_that_would_have_been_found_is_found()
    {
        const int Runs = 80, Count = 340;
        double share = 0.02, area = 0;
        int found = 0;

        // The smallest share of another topic for which what the classifier learns reaches the area.
        for (; area < 0.6; share += 0.0025)
        {
            TextDrift[] runs = [.. Enumerable.Range(0, Runs).Select(run => Topic(new Draws(run), share))];
            area = runs.Average(static drift => drift.Checks[3].Effect!.Value);
            found = runs.Count(static drift => drift.Verdict == DriftVerdict.Drift);
        }

        Assert.That(found, Is.GreaterThanOrEqualTo(0.75 * Runs), $"area {area}");
        TextDrift none = Topic(new Draws(1), 0);
        Assert.That(none.Verdict, Is.EqualTo(DriftVerdict.NoDrift), none.Reason);
        Assert.That(none.Reason, Does.Contain("texts that did not teach the classifier"));
        Assert.That(TextDrift.Compare(Texts(new Draws(2), 270), Texts(new Draws(3), 270)).Verdict, Is.EqualTo(DriftVerdict.Undecided), "enough for this check alone, but there are three");

        static TextDrift Topic(Draws draws, double share) => TextDrift.Compare(Texts(draws, Count, missing: 0.02), Texts(draws, Count, share, missing: 0.02));
    }

    [Test]
    public void Options_out_of_range_are_refused()
    {
        foreach (TextDriftOptions options in (TextDriftOptions[])
            [
                new() { Alpha = 1 }, new() { MissingShareFloor = -1 }, new() { LengthFloor = double.NaN }, new() { AreaFloor = 0.5 }, new() { MaterialArea = 1 }, new() { MaximumTexts = 5 },
                new() { MaximumCharacters = 0 }, new() { MaximumWords = -1 },
            ])
        {
            Assert.That(() => TextDrift.Compare([], [], options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }

        Assert.That(() => TextDrift.Compare(null!, []), Throws.ArgumentNullException);
    }

    /// <summary>Texts of some words; a share of the words is of another topic.</summary>
    internal static List<string?> Texts(Draws draws, int count, double other = 0, double missing = 0, int length = 9)
    {
        List<string?> texts = [];
        for (int i = 0; i < count; i++)
        {
            string[] words = new string[length - 3 + draws.Next(7)];
            for (int w = 0; w < words.Length; w++)
                words[w] = draws.Uniform() < other ? Other[draws.Next(Other.Length)] : Common[draws.Next(Common.Length)];
            texts.Add(draws.Uniform() < missing ? null : string.Join(' ', words));
        }

        return texts;
    }
}
