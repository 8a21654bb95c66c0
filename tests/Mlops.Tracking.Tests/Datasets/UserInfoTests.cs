namespace Mlops.Tracking.Tests.Datasets;

public sealed class UserInfoTests
{
    [TestCase("https://ada:secret@host/data.csv", "https://host/data.csv")]
    [TestCase("https://secret@host:8080?q=a@b", "https://host:8080?q=a@b")]
    [TestCase("postgres://u:p%40ss@db,other/d", "postgres://db,other/d")]
    [TestCase("s3://a@b@host", "s3://host")]
    [TestCase("{\"url\": \"https://u:secret@h/x\", \"b\": \"ftp://t:secret@k\"}", "{\"url\": \"https://h/x\", \"b\": \"ftp://k\"}")]
    [TestCase("https://host/a@b", "https://host/a@b")]
    [TestCase("file:///home/a@b", "file:///home/a@b")]
    [TestCase("git@host:a/b", "git@host:a/b")]
    [TestCase("https://u:secret@x://v:secret@y", "https://x://y")]
    [TestCase("://", "://")]
    [TestCase("", "")]
    public void User_names_and_passwords_are_taken_out_wherever_they_stand(string text, string kept) => Assert.That(UserInfo.Remove(text), Is.EqualTo(kept));
}
