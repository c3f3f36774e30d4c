package org.ipt4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** What Maven Central and users ask of the build's poms, and that no list forgets a module. */
class PomsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path USERS =
      ROOT.resolve("ipt-integration-tests/src/it/restore-and-finetune/pom.xml");
  private static final String DEPENDENCIES = "/project/dependencies/dependency/artifactId";
  private static final XPath XPATH = XPathFactory.newInstance().newXPath();

  /** The module's folder and its pom; the root's folder is empty. */
  private static final Map<String, Document> POMS = new TreeMap<>();

  @BeforeAll
  static void read() throws Exception {
    POMS.put("", pom(ROOT.resolve("pom.xml")));
    for (String module : texts(POMS.get(""), "//module")) {
      POMS.put(module, pom(ROOT.resolve(module).resolve("pom.xml")));
    }
  }

  private static Document pom(Path file) throws Exception {
    return pom(Files.readString(file));
  }

  private static Document pom(String text) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(text.getBytes("UTF-8")));
  }

  private static List<String> texts(Document pom, String path) throws Exception {
    NodeList found = (NodeList) XPATH.evaluate(path, pom, XPathConstants.NODESET);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      texts.add(found.item(i).getTextContent().strip());
    }
    return texts;
  }

  private static Map<String, String> properties(Document pom) throws Exception {
    NodeList found =
        (NodeList) XPATH.evaluate("/project/properties/*", pom, XPathConstants.NODESET);
    Map<String, String> properties = new TreeMap<>();
    for (int i = 0; i < found.getLength(); i++) {
      properties.put(found.item(i).getNodeName(), found.item(i).getTextContent());
    }
    return properties;
  }

  private static String text(Document pom, String path) throws Exception {
    return XPATH.evaluate("normalize-space(" + path + ")", pom);
  }

  private static boolean isPublished(Document pom) throws Exception {
    return !text(pom, "/project/properties/maven.deploy.skip").equals("true");
  }

  @Test
  void everyFolderWithAPomIsAModule() throws Exception {
    try (Stream<Path> folders = Files.list(ROOT)) {
      List<String> found =
          folders
              .filter(folder -> Files.exists(folder.resolve("pom.xml")))
              .map(folder -> folder.getFileName().toString())
              .toList();
      assertThat(POMS).containsKeys(found.toArray(String[]::new));
    }
  }

  @Test
  void everyPomHasWhatCentralAsksFor() throws Exception {
    Document root = POMS.get("");
    for (String path :
        List.of(
            "url",
            "licenses/license/name",
            "licenses/license/url",
            "developers/developer/name",
            "scm/connection",
            "scm/developerConnection",
            "scm/url")) {
      assertThat(text(root, "/project/" + path)).as(path).isNotEmpty();
    }
    // else Maven puts the module's name behind the address
    assertThat(text(root, "/project/@child.project.url.inherit.append.path")).isEqualTo("false");
    for (String address : List.of("connection", "developerConnection", "url")) {
      String append = "/project/scm/@child.scm." + address + ".inherit.append.path";
      assertThat(text(root, append)).isEqualTo("false");
    }
    for (Map.Entry<String, Document> module : POMS.entrySet()) {
      Document pom = module.getValue();
      assertThat(text(pom, "/project/name")).as(module.getKey()).isNotEmpty();
      assertThat(text(pom, "/project/description")).as(module.getKey()).isNotEmpty();
      assertThat(texts(pom, "//repository | //pluginRepository")).as(module.getKey()).isEmpty();
      assertThat(texts(pom, "/project/url | /project/scm | /project/licenses"))
          .as(module.getKey())
          .hasSize(module.getKey().isEmpty() ? 3 : 0);
    }
  }

  @Test
  void allModulesHaveOneVersionAndNeedNothingUnreleased() throws Exception {
    String version = text(POMS.get(""), "/project/version");
    for (Map.Entry<String, Document> module : POMS.entrySet()) {
      if (!module.getKey().isEmpty()) {
        Document pom = module.getValue();
        assertThat(text(pom, "/project/parent/version")).as(module.getKey()).isEqualTo(version);
        assertThat(text(pom, "/project/artifactId")).isEqualTo(module.getKey());
        assertThat(texts(pom, "/project/version | /project/groupId")).isEmpty();
      }
      assertThat(texts(module.getValue(), "//dependency/version | //plugin/version"))
          .as(module.getKey())
          .allMatch(used -> used.equals("${project.version}") || !used.endsWith("-SNAPSHOT"));
    }
  }

  @Test
  void theBomNamesEveryPublishedModuleAndNoOther() throws Exception {
    List<String> published = new ArrayList<>();
    for (Map.Entry<String, Document> module : POMS.entrySet()) {
      Document pom = module.getValue();
      if (isPublished(pom) && !text(pom, "/project/packaging").equals("pom")) {
        published.add(module.getKey());
      }
    }
    published.add("ipt-cpu");
    assertThat(texts(POMS.get("ipt-bom"), "//dependency/artifactId"))
        .as("dependencies of ipt-bom/pom.xml")
        .containsExactlyInAnyOrderElementsOf(published);
    published.add("ipt-bom");
    published.removeAll(texts(POMS.get(""), "//profile/modules/module"));
    assertThat(texts(POMS.get("ipt-integration-tests"), DEPENDENCIES))
        .as("dependencies of ipt-integration-tests/pom.xml")
        .containsExactlyInAnyOrderElementsOf(published);
  }

  @Test
  void everyModuleIsInTheTexts() throws Exception {
    String readme = Files.readString(ROOT.resolve("README.md"));
    String architecture = Files.readString(ROOT.resolve("docs/ARCHITECTURE.md"));
    String types = Files.readString(ROOT.resolve("docs/TYPES.md"));
    for (String module : POMS.keySet()) {
      assertThat(readme).contains(module.isEmpty() ? "## The modules" : "`" + module + "`");
    }
    for (String module : texts(POMS.get("ipt-bom"), "//dependency/artifactId")) {
      assertThat(architecture).as("docs/ARCHITECTURE.md").contains(module);
      if (hasPublicTypes(ROOT.resolve(module).resolve("src/main/java"))) {
        assertThat(types).as("docs/TYPES.md, by TypesTest").contains("\n## `" + module + "`\n");
      }
    }
  }

  private static boolean hasPublicTypes(Path sources) throws Exception {
    if (!Files.exists(sources)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        if (Files.readString(file).contains("\npublic ")) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void whatIsNotPublishedIsNotHandedToCentral() throws Exception {
    List<String> kept = new ArrayList<>();
    for (Map.Entry<String, Document> module : POMS.entrySet()) {
      if (!isPublished(module.getValue())) {
        kept.add(module.getKey());
      }
    }
    assertThat(text(POMS.get(""), "//excludeArtifacts").split(","))
        .as("excludeArtifacts in pom.xml")
        .containsExactlyInAnyOrderElementsOf(kept);
  }

  @Test
  void whatIsNotPublishedIsNotAskedForByWhatIs() throws Exception {
    for (Map.Entry<String, Document> module : POMS.entrySet()) {
      if (isPublished(module.getValue())) {
        for (String used : texts(module.getValue(), DEPENDENCIES)) {
          assertThat(!POMS.containsKey(used) || isPublished(POMS.get(used)))
              .as("%s asks for %s", module.getKey(), used)
              .isTrue();
        }
      }
    }
  }

  @Test
  void theReadmesPomIsTheOneThatIsTried() throws Exception {
    String readme = Files.readString(ROOT.resolve("README.md"));
    Matcher block = Pattern.compile("```xml\n(<project.*?)```", Pattern.DOTALL).matcher(readme);
    assertThat(block.find()).isTrue();
    Document shown = pom(block.group(1));
    assertThat(texts(shown, DEPENDENCIES)).isEqualTo(texts(pom(USERS), DEPENDENCIES)).hasSize(2);
    assertThat(properties(shown)).isEqualTo(properties(pom(USERS))).isNotEmpty();
    String version = text(POMS.get(""), "/project/version");
    assertThat(texts(shown, "//dependency[groupId='org.ipt4j']/version")).containsOnly(version);
    String gradle = Files.readString(ROOT.resolve("docs/JAVA.md"));
    Matcher coordinates = Pattern.compile("org\\.ipt4j:[\\w-]+:([^'\"`@ ]+)").matcher(gradle);
    assertThat(coordinates.results().map(found -> found.group(1)))
        .isNotEmpty()
        .containsOnly(version);
  }
}
