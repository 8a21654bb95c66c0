using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class ParameterDomainTests
{
    [Test]
    public void The_nearest_value_is_in_the_domain_and_is_its_own_nearest() =>
        DomainGenerator.Any.Select(Gen.Double[-1e7, 1e7]).Sample((domain, coordinate) =>
        {
            double nearest = domain.Nearest(coordinate);
            return domain.Contains(nearest) && domain.Nearest(nearest) == nearest;
        });

    [Test]
    public void A_domain_survives_its_stored_form() =>
        DomainGenerator.Any.Sample(domain => ParameterJson.ReadDomain(ParameterJson.WriteDomain(domain)).Equals(domain));

    [Test]
    public void A_value_survives_its_stored_form() =>
        DomainGenerator.Any.Select(Gen.Long).Sample((domain, seed) =>
        {
            double coordinate = RandomSampler.Draw(new RandomStream(seed, 0, "p"), domain);
            ParameterValue stored = ParameterJson.Read(ParameterJson.Write([new("p \u00e9", domain.ToValue(coordinate))])).Single().Value;
            return domain.ToCoordinate(stored) == coordinate;
        });

    [Test]
    public void The_hull_holds_both() =>
        Gen.Select(Gen.Int[-100, 100], Gen.Int[0, 100], Gen.Int[-100, 100], Gen.Int[0, 100]).Sample((a, width, b, other) =>
        {
            ParameterDomain first = ParameterDomain.Whole(a, a + width);
            ParameterDomain second = ParameterDomain.Whole(b, b + other);
            ParameterDomain hull = first.Hull(second);
            return hull.Equals(second.Hull(first)) && hull.Low == Math.Min(a, b) && hull.High == Math.Max(a + width, b + other);
        });

    [TestCase(0, 0.3, 0.1, 0.3, 4)]
    [TestCase(0, 1, 0.1, 1, 11)]
    [TestCase(0, 1, 0.3, 0.9, 4)]
    [TestCase(-1, 1, 3, -1, 1)]
    [TestCase(0.1, 0.7, 0.2, 0.7, 4)]
    public void A_grid_ends_at_the_last_point_its_step_reaches(double low, double high, double step, double last, int count)
    {
        ParameterDomain domain = ParameterDomain.Real(low, high, step: step);

        Assert.That(domain.High, Is.EqualTo(last).Within(1e-12));
        Assert.That(domain.Count, Is.EqualTo(count));
    }

    [Test]
    public void A_grid_of_whole_numbers_starts_at_its_lower_bound()
    {
        ParameterDomain domain = ParameterDomain.Whole(3, 20, step: 5);

        Assert.That(domain.High, Is.EqualTo(18));
        Assert.That(Enumerable.Range(0, 25).Where(i => domain.Contains(i)), Is.EqualTo(new[] { 3, 8, 13, 18 }));
    }

    [Test]
    public void The_widest_whole_domain_does_not_overflow() =>
        Assert.That(ParameterDomain.Whole(int.MinValue, int.MaxValue).Count, Is.EqualTo(1L << 32));

    [Test]
    public void Contradicting_bounds_are_refused_with_both()
    {
        Assert.That(() => ParameterDomain.Real(2, 1), Throws.ArgumentException.With.Message.Contains("the lower one is 2, the upper one 1"));
        Assert.That(() => ParameterDomain.Whole(2, 1), Throws.ArgumentException);
    }

    [Test]
    public void Bounds_that_are_not_finite_are_refused(
        [Values(double.NaN, double.NegativeInfinity, double.PositiveInfinity)] double bad)
    {
        Assert.That(() => ParameterDomain.Real(bad, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ParameterDomain.Real(0, bad), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ParameterDomain.Real(0, 1, step: bad), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_range_whose_width_overflows_is_refused() =>
        Assert.That(() => ParameterDomain.Real(double.MinValue, double.MaxValue), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void A_logarithmic_scale_needs_a_positive_bound_and_no_step()
    {
        Assert.That(() => ParameterDomain.Real(0, 1, log: true), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ParameterDomain.Real(1, 2, log: true, step: 0.1), Throws.ArgumentException);
        Assert.That(() => ParameterDomain.Whole(0, 5, log: true), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ParameterDomain.Whole(1, 5, log: true, step: 2), Throws.ArgumentException);
    }

    [Test]
    public void Steps_that_do_not_advance_are_refused()
    {
        Assert.That(() => ParameterDomain.Real(0, 1, step: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ParameterDomain.Real(0, 1, step: -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ParameterDomain.Whole(0, 1, step: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Choices_must_exist_and_differ()
    {
        Assert.That(() => ParameterDomain.Categorical(), Throws.ArgumentException);
        Assert.That(() => ParameterDomain.Categorical("a", "a"), Throws.ArgumentException.With.Message.Contains("'a' is given twice"));
        Assert.That(() => ParameterDomain.Categorical("a\0"), Throws.ArgumentException);
    }
}
