using CsCheck;

namespace Mlops.Storage.Tests;

[TestFixture]
public sealed class ArtifactNameTests
{
    private static readonly string[] Refused =
    [
        "", "/", "a/", "/a", "a//b", ".", "..", "a/..", "../a", "a/../b", "..\\a", "a\\b", "C:\\a", "c:a", "a:b", "%2e%2e/a", "a/%2e%2e%2fb", "a%5c..%5cb", "%2fa",
        "a#b", "a?b", "a\0b", "//proc/self/root", "file://host/a", "a/./b", "a.", "a./b", "CON", "con.txt", "x/NUL", "LPT1.log", "con .txt", " a", "a ", "a / b", "a\u00a0b", "a\u00b2", "a\ud83d\ude00", "a\nb",
        "\u202eabc", "~/a", "a*", "a|b", "<a>",
        "....//a", "\\\\host\\share", "\\..\\a", "file:///etc/passwd", "http://host/#/../../a", "..%2fa", "%252e%252e%252fa", "%2525252525252525252525252e/a", "\ud800", "$HOME/a",
        "a.txt::$DATA", "...", "aux.tar.gz", "COM1", "\u2024\u2024/a", "\uff0e\uff0e/a", "a\u2215b",
    ];

    [TestCaseSource(nameof(Refused))]
    public void A_name_that_could_reach_outside_a_folder_is_refused(string name)
    {
        Assert.That(ArtifactName.TryParse(name, out _), Is.False);
        Assert.That(() => ArtifactName.Parse(name), Throws.ArgumentException);
    }

    [TestCase("a//b", "'a//b'")]
    [TestCase("北京*", "letters, marks and digits of any script")]
    [TestCase("a~", "%&'()+,-.=@[]_{}")]
    [TestCase("a/%2e%2e", "percent-encoding")]
    [TestCase("nul.txt", "device of Windows")]
    [TestCase("a.", "ends in a dot")]
    public void A_refusal_names_what_was_given_and_the_rule_that_it_breaks(string name, string rule) =>
        Assert.That(() => ArtifactName.Parse(name), Throws.ArgumentException.With.Message.Contains(rule).And.Property("ParamName").EqualTo("text"));

    [Test]
    public void A_refusal_is_short_whatever_was_given() =>
        Assert.That(Assert.Throws<ArgumentException>(static () => ArtifactName.Parse(new string('*', 100_000)))!.Message, Has.Length.LessThan(700));

    [TestCase("model.onnx")]
    [TestCase("plots/roc-curve_1.svg")]
    [TestCase("a/b/c/.hidden")]
    [TestCase("console.log")]
    [TestCase("images/my photo (1).png")]
    [TestCase("images/loss%step%25%timestamp%1700000000000%2fe0c3.png")]
    [TestCase("images/loss+step+3+timestamp+1700000000000+2fe0c3.png")]
    [TestCase("größe/北京/שלום/e\u0301té.txt")]
    [TestCase("a@b,c=d&e[f]{g}'h'")]
    public void An_ordinary_name_is_taken(string name) => Assert.That(ArtifactName.Parse(name).Value, Is.EqualTo(name));

    [Test]
    public void A_segment_has_128_characters_in_255_bytes()
    {
        Assert.That(ArtifactName.TryParse(new string('a', 128), out _), Is.True);
        Assert.That(ArtifactName.TryParse(new string('a', 129), out _), Is.False);
        Assert.That(ArtifactName.TryParse(new string('京', 85) + "/" + new string('é', 127), out _), Is.True);
        Assert.That(ArtifactName.TryParse(new string('京', 86), out _), Is.False);
    }

    [Test]
    public void Whatever_is_taken_stays_below_the_folder_it_is_joined_to() =>
        Gen.String[Gen.Char["./\\a:~% 2eEfF5cC"], 0, 20].Sample(static text =>
        {
            if (ArtifactName.TryParse(text, out ArtifactName name))
            {
                string root = Path.GetFullPath("/tmp/root");
                Assert.That(Path.GetFullPath(Path.Combine(root, name.Value)), Does.StartWith(root + Path.DirectorySeparatorChar));
            }
        });
}
