/**
 * What to do about a camera, a microphone or a browser that doesn't work, for this very browser: words, and the name of
 * the picture of static/img/help.svg that shows where to press. Pure.
 *
 * @typedef {{title: string, detail: string, steps: string[], picture: ?{name: string, words: string}, outside: boolean}} Help
 *   the numbers of the steps stand in the picture; `outside`: the page is to be opened in another browser
 */

import { t } from "../lib/language.js";
import { advisedBrowser } from "./browser.js";

const PLAIN = { steps: [], picture: null, outside: false };
const DEVICES = { camera: t("la caméra"), microphone: t("le micro"), both: t("la caméra et le micro") };
// As iPhones and iPads call it.
const IOS = { ...DEVICES, camera: t("l’appareil photo"), both: t("l’appareil photo et le micro") };

/** Both lack, the camera, or the microphone: one of three forms. */
function form(lacks, { camera, microphone, both }) {
  return { camera, microphone, both }[lacks];
}

/** @returns {Help} what is wrong with camera or microphone, what it changes, and what to do */
export function problemHelp({ reason, lacks }, browser) {
  const title = {
    refused: form(lacks, { camera: t("La caméra n’est pas autorisée."), microphone: t("Le micro n’est pas autorisé."), both: t("La caméra et le micro ne sont pas autorisés.") }),
    dismissed: t("Le navigateur attend votre accord."),
    system: form(lacks, {
      camera: t("La caméra est bloquée par les réglages de l’appareil."),
      microphone: t("Le micro est bloqué par les réglages de l’appareil."),
      both: t("La caméra et le micro sont bloqués par les réglages de l’appareil."),
    }),
    missing: form(lacks, { camera: t("Aucune caméra trouvée."), microphone: t("Aucun micro trouvé."), both: t("Aucune caméra ni micro trouvés.") }),
    busy: form(lacks, {
      camera: t("La caméra est déjà utilisée par un autre logiciel."),
      microphone: t("Le micro est déjà utilisé par un autre logiciel."),
      both: t("La caméra et le micro sont déjà utilisés par un autre logiciel."),
    }),
    lost: form(lacks, { camera: t("La caméra ne répond plus."), microphone: t("Le micro ne répond plus."), both: t("La caméra et le micro ne répondent plus.") }),
    unknown: form(lacks, { camera: t("La caméra n’a pas pu s’ouvrir."), microphone: t("Le micro n’a pas pu s’ouvrir."), both: t("La caméra et le micro n’ont pas pu s’ouvrir.") }),
  }[reason];
  const goesOn = form(lacks, {
    camera: t("La consultation a lieu avec le son seul."),
    microphone: t("On vous voit, mais on ne vous entend pas."),
    both: t("Vous voyez et entendez l’autre personne, mais elle ne vous voit ni ne vous entend."),
  });
  const remedy = {
    missing: t("Branchez l’appareil\u00a0: il sera pris tout seul."),
    busy: t("Fermez les autres logiciels de visioconférence (Teams, Zoom, WhatsApp…), puis réessayez."),
    lost: t("Rebranchez l’appareil\u00a0: il sera repris tout seul."),
    unknown: t("Réessayez\u00a0; si cela dure, redémarrez le navigateur."),
  }[reason];
  // Inside another application no setting helps for sure: out of it is the way.
  if (browser.inApp !== null && ["refused", "missing", "unknown"].includes(reason)) {
    return { ...inAppHelp(browser), title, detail: `${around(browser)} ${goesOn}` };
  }
  const { steps, picture } = { refused: permissionSteps, dismissed: questionSteps, system: systemSteps }[reason]?.(browser, lacks) ?? PLAIN;
  return { title, detail: remedy ? `${remedy} ${goesOn}` : goesOn, steps, picture, outside: false };
}

/** @returns {Help} why this browser can't hold the call at all: `obstacle` as call/media.js gives it */
export function obstacleHelp(obstacle, browser) {
  if (obstacle === "insecure") {
    return {
      ...PLAIN,
      title: t("Cette page n’est pas sécurisée."),
      detail: t("Le navigateur n’y permet ni la caméra ni le micro. Ouvrez l’adresse qui commence par https://."),
    };
  }
  if (browser.inApp !== null) return inAppHelp(browser);
  const ios = browser.platform === "ios";
  return {
    ...PLAIN,
    title: t("Ce navigateur ne permet pas la téléconsultation."),
    detail: t(ios ? "Ouvrez ce lien dans une version récente de Safari." : "Ouvrez ce lien dans une version récente de Chrome, Firefox ou Edge."),
    outside: true,
  };
}

/** @returns {Help} the page is inside another application: the way out */
export function inAppHelp(browser) {
  const advised = advisedBrowser(browser);
  const ios = browser.platform === "ios";
  return {
    title: around(browser),
    detail: t("La visio n’y marche pas bien\u00a0: ouvrez-la dans {advised}.", { advised }),
    steps: [
      ios ? t("Touchez «\u00a0…\u00a0» ou l’icône de partage.") : t("Touchez les trois points."),
      t("Touchez «\u00a0Ouvrir dans {advised}\u00a0» ou «\u00a0Ouvrir dans le navigateur\u00a0».", { advised }),
    ],
    picture: {
      name: ios ? "in-app-ios" : "in-app-android",
      words: t("Le menu de l’application, en haut à droite, et sa ligne «\u00a0Ouvrir dans {advised}\u00a0».", { advised }),
    },
    outside: true,
  };
}

function around({ inApp }) {
  return inApp ? t("Cette page est ouverte dans l’application {inApp}.", { inApp }) : t("Cette page est ouverte dans une autre application.");
}

/** Where to allow camera and microphone in this browser. */
function permissionSteps({ family, platform, name }, lacks) {
  const devices = DEVICES[lacks];
  if (platform === "ios" && family !== "safari" && name) return settingsSteps(t("Ouvrez les Réglages de l’appareil, puis «\u00a0{name}\u00a0».", { name }), IOS[lacks]);
  switch (platform === "android" || platform === "ios" ? `${family} ${platform}` : family) {
    case "firefox":
      return {
        steps: [t("Cliquez sur l’icône barrée à gauche de l’adresse."), t("Cliquez sur la croix à côté de «\u00a0Bloqué\u00a0»."), t("Cliquez sur «\u00a0Réessayer\u00a0», puis répondez «\u00a0Autoriser\u00a0».")],
        picture: { name: "firefox", words: t("La caméra barrée à gauche de l’adresse, et la croix à côté de «\u00a0Bloqué\u00a0».") },
      };
    case "firefox android":
      return {
        steps: [t("Touchez le bouclier ou le cadenas à gauche de l’adresse."), t("Touchez «\u00a0Bloqué\u00a0» pour autoriser {devices}.", { devices })],
        picture: { name: "firefox-android", words: t("Le cadenas à gauche de l’adresse, puis les lignes Caméra et Micro.") },
      };
    case "safari":
      return {
        steps: [t("Ouvrez le menu «\u00a0Safari\u00a0», puis «\u00a0Réglages pour ce site web…\u00a0»."), t("Choisissez «\u00a0Autoriser\u00a0» pour {devices}.", { devices })],
        picture: { name: "safari", words: t("Le menu Safari, «\u00a0Réglages pour ce site web…\u00a0», puis «\u00a0Autoriser\u00a0» pour la caméra et le micro.") },
      };
    case "safari ios":
      return {
        steps: [t("Touchez l’icône à gauche de l’adresse («\u00a0aA\u00a0» ou une page)."), t("Touchez «\u00a0Réglages du site web\u00a0» (ou «\u00a0…\u00a0» d’abord)."), t("Choisissez «\u00a0Autoriser\u00a0» pour {devices}.", { devices: IOS[lacks] })],
        picture: { name: "safari-ios", words: t("L’icône à gauche de l’adresse, en bas de l’écran, et la ligne «\u00a0Réglages du site web\u00a0».") },
      };
    case "chrome android":
    case "edge android":
    case "samsung android":
      return {
        steps: [t("Touchez l’icône à gauche de l’adresse."), t("Touchez «\u00a0Autorisations\u00a0»."), t("Activez {devices}.", { devices })],
        picture: { name: "chrome-android", words: t("L’icône à gauche de l’adresse, puis «\u00a0Autorisations\u00a0», Caméra et Micro.") },
      };
    default:
      return {
        steps: [t("Cliquez sur l’icône à gauche de l’adresse."), t("Activez {devices}.", { devices })],
        picture: { name: "chrome", words: t("L’icône à gauche de l’adresse, et les boutons Caméra et Micro qu’elle ouvre.") },
      };
  }
}

function questionSteps() {
  return {
    steps: [t("Appuyez sur «\u00a0Réessayer\u00a0»."), t("Répondez «\u00a0Autoriser\u00a0» à la question du navigateur.")],
    picture: { name: "question", words: t("La question du navigateur, et sa réponse «\u00a0Autoriser\u00a0».") },
  };
}

/** The browser was allowed, the system says no. */
function systemSteps({ platform, name }, lacks) {
  const browser = name || t("le navigateur");
  const where = {
    mac: t("Ouvrez «\u00a0Réglages Système\u00a0», «\u00a0Confidentialité et sécurité\u00a0», puis «\u00a0Caméra\u00a0» et «\u00a0Micro\u00a0»."),
    windows: t("Ouvrez «\u00a0Paramètres\u00a0», «\u00a0Confidentialité et sécurité\u00a0», puis «\u00a0Caméra\u00a0» et «\u00a0Microphone\u00a0»."),
    android: t("Ouvrez «\u00a0Paramètres\u00a0», «\u00a0Applications\u00a0», «\u00a0{browser}\u00a0», puis «\u00a0Autorisations\u00a0».", { browser }),
    ios: t("Ouvrez les Réglages de l’appareil, puis «\u00a0{name}\u00a0».", { name: browser }),
  }[platform];
  const help = settingsSteps(where ?? t("Ouvrez les réglages de confidentialité de l’appareil."), DEVICES[lacks]);
  if (platform === "mac" || platform === "windows") help.steps[1] = t("Activez {devices}.", { devices: browser });
  help.steps.push(t("Revenez ici et réessayez."));
  return help;
}

function settingsSteps(where, devices) {
  return {
    steps: [where, t("Activez {devices}.", { devices })],
    picture: { name: "settings", words: t("Dans les réglages de l’appareil, les boutons Caméra et Micro.") },
  };
}
