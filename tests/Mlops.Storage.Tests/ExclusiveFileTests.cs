namespace Mlops.Storage.Tests;

public sealed class ExclusiveFileTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-exclusive-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_file_is_one_callers_until_it_is_closed_under_any_name()
    {
        string path = Path.Combine(_folder, "a"), moved = Path.Combine(_folder, "b");
        using (ExclusiveFile.Open(path, FileMode.CreateNew))
        {
            Assert.That(IsHeld(path), Is.True);
            File.Move(path, moved);
            Assert.That(IsHeld(moved), Is.True);
            Assert.That(IsHeld(path), Is.False, "it is gone");
        }

        using FileStream again = ExclusiveFile.Open(moved, FileMode.Open);
        Assert.That(again.Length, Is.Zero);
    }

    [Test]
    public void Other_failures_are_not_taken_for_a_held_file()
    {
        Assert.That(IsHeld(Path.Combine(_folder, "absent", "a")), Is.False);
        Assert.That(ExclusiveFile.IsHeld(new IOException("The disk is full.")), Is.False);
        Assert.That(ExclusiveFile.IsHeld(new InvalidOperationException()), Is.False);
        Assert.That(() => ExclusiveFile.IsHeld(null!), Throws.ArgumentNullException);
    }

    private static bool IsHeld(string path)
    {
        try
        {
            ExclusiveFile.Open(path, FileMode.Open).Dispose();
            throw new InvalidOperationException("It could be opened.");
        }
        catch (IOException exception)
        {
            return ExclusiveFile.IsHeld(exception);
        }
    }
}
