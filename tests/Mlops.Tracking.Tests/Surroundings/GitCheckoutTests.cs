using System.Diagnostics;

namespace Mlops.Tracking.Tests.Surroundings;

/// <summary>Compared with what git itself says, where it is installed; the rest is files written by hand.</summary>
public sealed class GitCheckoutTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-git-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Outside_of_a_repository_there_is_none() => Assert.That(GitCheckout.Find(_folder), Is.Null);

    [Test]
    public void A_branch_before_its_first_commit_has_no_commit()
    {
        Write(".git/HEAD", "ref: refs/heads/main\n");

        Assert.That(GitCheckout.Find(_folder), Is.EqualTo(new GitCheckout(_folder, null, "main", null)));
    }

    [Test]
    public void A_loose_reference_goes_before_a_packed_one()
    {
        Write(".git/HEAD", "ref: refs/heads/feature/a\n");
        Write(".git/packed-refs", $"# pack-refs with: peeled\n{new string('f', 40)} refs/heads/feature/a\n{new string('e', 40)} refs/heads/a\n");
        Assert.That(GitCheckout.Find(_folder)!.Commit, Is.EqualTo(new string('f', 40)));

        Write(".git/refs/heads/feature/a", Commit + "\n");
        Assert.That(GitCheckout.Find(Directory.CreateDirectory(Path.Combine(_folder, "src", "deep")).FullName), Is.EqualTo(new GitCheckout(_folder, Commit, "feature/a", null)));
    }

    [Test]
    public void A_commit_may_be_checked_out_without_a_branch()
    {
        Write(".git/HEAD", Commit);

        Assert.That(GitCheckout.Find(_folder), Is.EqualTo(new GitCheckout(_folder, Commit, null, null)));
    }

    [Test]
    public void A_linked_working_folder_has_its_own_head_and_shares_the_rest()
    {
        Write("main/.git/worktrees/w/HEAD", "ref: refs/heads/side\n");
        Write("main/.git/worktrees/w/commondir", "../..\n");
        Write("main/.git/refs/heads/side", Commit);
        Write("main/.git/config", "[core]\n\tbare = false\n[remote \"origin\"]\n\tURL = https://example.org/a.git\n");
        Write("w/.git", "gitdir: ../main/.git/worktrees/w\n");
        string top = Path.Combine(_folder, "w");

        Assert.That(GitCheckout.Find(top), Is.EqualTo(new GitCheckout(top, Commit, "side", "https://example.org/a.git")));
    }

    [TestCase("ref: refs/../../../etc/passwd")]
    [TestCase("ref: refs/heads/loop")]
    [TestCase("not a commit")]
    [TestCase("")]
    public void What_is_no_reference_gives_no_commit(string head)
    {
        Write(".git/HEAD", head);
        Write(".git/refs/heads/loop", "ref: refs/heads/loop");

        Assert.That(GitCheckout.Find(_folder)!.Commit, Is.Null);
    }

    [Test]
    public void Origin_goes_before_other_remotes()
    {
        Write(".git/HEAD", Commit);
        Write(".git/config", "[remote \"fork\"]\nurl = https://fork.example/\n[remote \"origin\"]\nurl = \"https://origin.example/\"\n[branch \"main\"]\nurl = nonsense\n");
        Assert.That(GitCheckout.Find(_folder)!.Remote, Is.EqualTo("https://origin.example/"));

        Write(".git/config", "[branch \"main\"]\nurl = nonsense\n[remote \"fork\"]\nurl = https://fork.example/\n");
        Assert.That(GitCheckout.Find(_folder)!.Remote, Is.EqualTo("https://fork.example/"));
    }

    [Test]
    public async Task A_repository_of_git_itself_is_read_as_git_reads_it()
    {
        if (!await GitAsync(_folder, "init", "-q", "-b", "trunk"))
        {
            Assert.Ignore("git is not installed");
        }

        Write("a.txt", "one");
        await GitAsync(_folder, "add", ".");
        await GitAsync(_folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "first");
        GitCheckout clean = GitCheckout.Find(_folder)!;
        Assert.That((clean.Branch, clean.Commit), Is.EqualTo(("trunk", await HeadAsync())));
        Assert.That(await clean.IsDirtyAsync(), Is.False);

        await GitAsync(_folder, "pack-refs", "--all");
        Assert.That(GitCheckout.Find(_folder), Is.EqualTo(clean));

        Write("b.txt", "new");
        Assert.That(await clean.IsDirtyAsync(), Is.True);
        Directory.Delete(Path.Combine(_folder, ".git"), recursive: true);
        Assert.That(await clean.IsDirtyAsync(), Is.Null);
    }

    private async Task<string> HeadAsync()
    {
        using Process process = Process.Start(new ProcessStartInfo("git", ["rev-parse", "HEAD"]) { WorkingDirectory = _folder, RedirectStandardOutput = true })!;
        return (await process.StandardOutput.ReadToEndAsync()).Trim();
    }

    private static async Task<bool> GitAsync(string folder, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = folder })!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private void Write(string path, string text)
    {
        string full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
