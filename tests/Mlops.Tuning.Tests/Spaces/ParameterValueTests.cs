namespace Mlops.Tuning.Tests;

public sealed class ParameterValueTests
{
    [Test]
    public void A_number_is_read_as_any_numeric_type_that_holds_it()
    {
        var value = new ParameterValue(3.0);

        Assert.That(value.As<double>(), Is.EqualTo(3.0));
        Assert.That(value.As<float>(), Is.EqualTo(3f));
        Assert.That(value.As<int>(), Is.EqualTo(3));
        Assert.That(value.As<long>(), Is.EqualTo(3L));
        Assert.That(value.As<string>(), Is.EqualTo("3"));
    }

    [Test]
    public void A_fraction_is_not_read_as_a_whole_number() =>
        Assert.That(() => new ParameterValue(0.5).As<int>(), Throws.InstanceOf<InvalidCastException>().With.Message.Contains("'0.5'"));

    [Test]
    public void A_label_is_read_as_text_or_as_the_member_it_names()
    {
        var value = new ParameterValue("Maximize");

        Assert.That(value.As<string>(), Is.EqualTo("Maximize"));
        Assert.That(value.As<Direction>(), Is.EqualTo(Direction.Maximize));
        Assert.That(() => value.As<double>(), Throws.InstanceOf<InvalidCastException>());
    }

    [Test]
    public void A_label_is_read_as_what_it_is_the_text_of()
    {
        Assert.That((new ParameterValue("32").As<int>(), new ParameterValue("32").As<long>(), new ParameterValue("0.5").As<double>()), Is.EqualTo((32, 32L, 0.5)));
        Assert.That((new ParameterValue("True").As<bool>(), new ParameterValue("false").As<bool>()), Is.EqualTo((true, false)));
        Assert.That(() => new ParameterValue("0.5").As<int>(), Throws.InstanceOf<InvalidCastException>().With.Message.Contains("'0.5'"));
        Assert.That(() => new ParameterValue("1").As<bool>(), Throws.InstanceOf<InvalidCastException>());
        Assert.That(() => new ParameterValue("1.2.3").As<double>(), Throws.InstanceOf<InvalidCastException>());
    }

    [Test]
    public void A_flag_is_read_as_bool_only()
    {
        Assert.That(new ParameterValue(true).As<bool>(), Is.True);
        Assert.That(new ParameterValue(true).ToString(), Is.EqualTo("true"));
        Assert.That(() => new ParameterValue(true).As<int>(), Throws.InstanceOf<InvalidCastException>());
        Assert.That(new ParameterValue(true), Is.Not.EqualTo(new ParameterValue(1.0)));
    }
}
