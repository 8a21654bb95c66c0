namespace Mlops.Tests.Readme;

/// <summary>Runs an example of a README in an empty folder of its own and keeps what it prints.</summary>
[NonParallelizable]
public abstract class ReadmeExample
{
    private string _before = "";
    private string _folder = "";

    /// <summary>Named like the class that it hides, so that an example reads as it does in the README.</summary>
    protected StringWriter Console { get; private set; } = new();

    [SetUp]
    public void EnterFolder()
    {
        Console = new StringWriter { NewLine = "\n" };
        _before = Environment.CurrentDirectory;
        _folder = Directory.CreateTempSubdirectory("mlops-readme-").FullName;
        Environment.CurrentDirectory = _folder;
    }

    [TearDown]
    public void LeaveFolder()
    {
        Environment.CurrentDirectory = _before;
        Directory.Delete(_folder, recursive: true);
        Console.Dispose();
    }

    /// <summary>The README must show exactly what was printed, as a block of its own.</summary>
    protected void AssertShownIn(string readme)
    {
        TestContext.Out.Write(Console.ToString());
        Assert.That(Console.ToString(), Is.Not.Empty);
        Assert.That(Readmes.Read(readme), Does.Contain($"```\n{Console}```"));
    }
}
