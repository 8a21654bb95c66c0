namespace Quickstart.Tests;

public sealed class QuickstartArgumentsTests
{
    [Test]
    public void Every_option_is_read()
    {
        QuickstartArguments arguments = QuickstartArguments.Parse(["explain", "2012-03-14", "--output", "o", "--data", "d", "--storage", "s"]);
        Assert.That(arguments, Is.EqualTo(new QuickstartArguments { Explain = new(2012, 3, 14), Output = "o", Data = "d", Storage = "s" }));
        Assert.That(QuickstartArguments.Parse(["--help"]).Help && QuickstartArguments.Parse(["-h"]).Help, Is.True);
    }

    [TestCase("--wat", "'--wat'")]
    [TestCase("--output", "'--output'")]
    [TestCase("--output|", "'--output'")]
    [TestCase("explain", "'explain'")]
    [TestCase("explain|2012-3-14", "2012-3-14")]
    [TestCase("explain|2011-02-29", "2011-02-29")]
    [TestCase("--chaos|--storage|Host=x", "--chaos")]
    public void A_senseless_command_line_is_refused(string line, string named) =>
        Assert.That(Assert.Throws<UsageException>(() => QuickstartArguments.Parse(line.Split('|')))!.Message, Does.Contain(named));
}
