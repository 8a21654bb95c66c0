namespace Mlops.Tracking.Tests.Surroundings;

public sealed class AllowListTests
{
    [TestCase("https://user:secret@example.org/team/a.git", "https://example.org/team/a.git")]
    [TestCase("https://sec@ret@example.org/a.git", null)]
    [TestCase("https://example.org:8443/a.git?token=secret#secret", "https://example.org:8443/a.git")]
    [TestCase("ssh://git@example.org:22/a.git", "ssh://example.org:22/a.git")]
    [TestCase("git@example.org:team/a.git", "example.org:team/a.git")]
    [TestCase("example.org:team/a.git", "example.org:team/a.git")]
    [TestCase("/home/alice/a.git", null)]
    [TestCase("file:///home/alice/a.git", null)]
    [TestCase(@"C:\Users\alice\a.git", null)]
    [TestCase("../a.git", null)]
    [TestCase("https://", null)]
    [TestCase("", null)]
    public void An_address_loses_what_is_secret_or_names_a_user(string url, string? cleaned) => Assert.That(RepositoryUrl.Clean(url), Is.EqualTo(cleaned));

    [Test]
    public void A_command_line_keeps_the_names_of_its_options()
    {
        string[] arguments =
        [
            "train", "--epochs", "10", "--password=secret", "--token:secret", "-pSecret", "-v", "--epochs=11", "-1", "--", "--after", "-x",
        ];

        Assert.That(OptionNames.Of(arguments), Is.EqualTo(new[] { "--epochs", "--password", "--token", "-p", "-v" }));
    }

    [TestCase("--")]
    [TestCase("-")]
    [TestCase("--a b")]
    [TestCase("--a/b")]
    [TestCase("--0123456789012345678901234567890123456789012345678901234567890123456789")]
    [TestCase("/p:secret")]
    public void What_does_not_look_like_an_option_is_left_out(string argument) => Assert.That(OptionNames.Of([argument]), Is.Empty);
}
