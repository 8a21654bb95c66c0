using CsCheck;

namespace Mlops.Storage.Tests;

[TestFixture]
public sealed class ArtifactNameTests
{
    private static readonly string[] Refused =
    [
        "", "/", "a/", "/a", "a//b", ".", "..", "a/..", "../a", "a/../b", "..\\a", "a\\b", "C:\\a", "c:a", "a:b", "%2e%2e/a", "a%2fb",
        "a#b", "a?b", "a\0b", "//proc/self/root", "file://host/a", "a/./b", "a.", "a./b", "CON", "con.txt", "x/NUL", "LPT1.log", "a b", "ä", "a\nb",
        "\u202eabc", "~/a", "a*", "a|b", "<a>",
        "....//a", "\\\\host\\share", "\\..\\a", "file:///etc/passwd", "http://host/#/../../a", "..%2fa", "%252e%252e%252fa", "..%c0%afa", "$HOME/a",
        "a.txt::$DATA", "...", "aux.tar.gz", "COM1", "\u2024\u2024/a", "\uff0e\uff0e/a", "a\u2215b",
    ];

    [TestCaseSource(nameof(Refused))]
    public void A_name_that_could_reach_outside_a_folder_is_refused(string name)
    {
        Assert.That(ArtifactName.TryParse(name, out _), Is.False);
        Assert.That(() => ArtifactName.Parse(name), Throws.ArgumentException);
    }

    [TestCase("model.onnx")]
    [TestCase("plots/roc-curve_1.svg")]
    [TestCase("a/b/c/.hidden")]
    [TestCase("console.log")]
    public void An_ordinary_name_is_taken(string name) => Assert.That(ArtifactName.Parse(name).Value, Is.EqualTo(name));

    [Test]
    public void Whatever_is_taken_stays_below_the_folder_it_is_joined_to() =>
        Gen.String[Gen.Char["./\\a:~%"], 0, 20].Sample(static text =>
        {
            if (ArtifactName.TryParse(text, out ArtifactName name))
            {
                string root = Path.GetFullPath("/tmp/root");
                Assert.That(Path.GetFullPath(Path.Combine(root, name.Value)), Does.StartWith(root + Path.DirectorySeparatorChar));
            }
        });
}
